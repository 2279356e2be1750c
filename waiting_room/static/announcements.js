/* Which call is announced next: urgent ones first, else as they came. Pure. */
window.antrean = window.antrean || {};

(function (antrean) {
  "use strict";

  const WAITING_MAX = 200;
  const REMEMBERED_MAX = 2000;
  const RECENT_MILLISECONDS = 2 * 60 * 1000;

  class Announcements {
    /* `announced`: the keys of calls that were announced before, the oldest first. */
    constructor(announced) {
      this.announced = announced.slice(-REMEMBERED_MAX);
      this._known = new Set(this.announced);
      this._waiting = [];
    }

    /* Takes the calls that are still to be announced; `now` in milliseconds. */
    take(calls, now) {
      calls
        .filter((call) => now - Date.parse(call.called_at) <= RECENT_MILLISECONDS)
        .forEach((call) => this._add(call));
    }

    /* As `take`, for a board that was just put up: what is over was announced by others, or to nobody here. */
    takeFirst(calls, now) {
      calls.filter((call) => !call.is_current && !this._known.has(call.key)).forEach((call) => {
        this._known.add(call.key);
        this._remember(call.key);
      });
      this.take(calls, now);
    }

    _add(call) {
      if (this._known.has(call.key)) return;
      this._known.add(call.key);
      const firstBehind = this._waiting.findIndex((other) => call.is_urgent && !other.is_urgent);
      this._waiting.splice(firstBehind < 0 ? this._waiting.length : firstBehind, 0, call);
      if (this._waiting.length > WAITING_MAX) this._known.delete(this._waiting.pop().key);
    }

    /* Leaves out what is not among these calls any more: it was taken back. */
    keepOnly(calls) {
      const keys = new Set(calls.map((call) => call.key));
      this._waiting = this._waiting.filter((call) => keys.has(call.key));
    }

    /* The calls that wait, in their order. */
    get waiting() {
      return this._waiting.slice();
    }

    /* The call whose turn it is, which counts as announced; undefined where none waits. */
    next() {
      const call = this._waiting.shift();
      if (call) this._remember(call.key);
      return call;
    }

    _remember(key) {
      this.announced.push(key);
      if (this.announced.length > REMEMBERED_MAX) this._known.delete(this.announced.shift());
    }
  }

  antrean.Announcements = Announcements;
})(window.antrean);
