/* What the board knows: the clinics and calls of all messages so far. Pure. */
window.antrean = window.antrean || {};

(function (antrean) {
  "use strict";

  const CALLS_MAX = 1000;

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

    clinic(code) {
      return this.clinics.find((clinic) => clinic.code === code);
    }
  }

  antrean.BoardState = BoardState;
})(window.antrean);
