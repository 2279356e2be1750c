/* What the board knows: the clinics and calls of all messages so far. Pure. */
window.antrean = window.antrean || {};

(function (antrean) {
  "use strict";

  const CALLS_MAX = 1000;
  const LARGE_MAX = 3;

  class BoardState {
    constructor() {
      this.hospital = null;
      this.staleSince = null;
      this.clinics = [];
      this.calls = []; // the newest first
    }

    /* Takes the data of a message of the kind `board`. */
    apply(message) {
      this.hospital = message.hospital;
      this.staleSince = message.stale_since;
      if (message.is_snapshot) {
        this.clinics = message.clinics;
        this.calls = [];
      } else {
        message.clinics.forEach((clinic) => this._put(clinic));
      }
      const told = new Set(message.calls.map((call) => call.key));
      const kept = this.calls.filter((call) => !told.has(call.key));
      this.calls = message.calls.slice().reverse().concat(kept).slice(0, CALLS_MAX);
    }

    _put(clinic) {
      const place = this.clinics.findIndex((known) => known.code === clinic.code);
      if (place < 0) this.clinics.push(clinic);
      else this.clinics[place] = clinic;
    }

    /* The calls that are shown large. `pending`: the one that is announced, and those that wait for it, in this
     * order; but for those whose patients have come, or are not waited for any more. Where there is none, the
     * last one whose patient is called, or in a room. */
    large(pending) {
      const awaited = pending.filter((call) => this._isIn(call, "called"));
      const last = this.calls.filter((call) => this._isIn(call)).slice(0, 1);
      const isFirst = (call, place, all) => all.findIndex((other) => isOfOne(call, other)) === place;
      return (awaited.length > 0 ? awaited : last).filter(isFirst).slice(0, LARGE_MAX);
    }

    /* Whether the patient of a call is where it says; called, where `status` says so, or in the room. */
    _isIn(call, status) {
      const clinic = this.clinic(call.clinic);
      return Boolean(clinic) && clinic.rooms.some((room) => {
        return isOfOne(call, { clinic: call.clinic, display_number: room.display_number })
          && room.room === call.room && (!status || room.status === status);
      });
    }

    clinic(code) {
      return this.clinics.find((clinic) => clinic.code === code);
    }
  }

  function isOfOne(call, other) {
    return call.clinic === other.clinic && call.display_number === other.display_number;
  }

  antrean.BoardState = BoardState;
})(window.antrean);
