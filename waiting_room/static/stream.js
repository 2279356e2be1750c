/* The stream of messages, connected again whenever it falls silent. */
window.antrean = window.antrean || {};

(function (antrean) {
  "use strict";

  const SILENCE_MILLISECONDS_MAX = 25 * 1000;
  const FIRST_PAUSE_MILLISECONDS = 1000;
  const PAUSE_MILLISECONDS_MAX = 15 * 1000;

  class Stream {
    /* `onBoard(data)` is called with each message, `onTime(at)` with the server's time while there is none, and
     * `onSilence()` when nothing has been heard for 25 s. */
    constructor(address, handlers) {
      this._address = address;
      this._handlers = handlers;
      this._lastId = "";
      this._pause = FIRST_PAUSE_MILLISECONDS;
      window.addEventListener("online", () => this._connect());
      this._watch();
      this._connect();
    }

    _connect() {
      this._disconnect();
      // A browser sends Last-Event-ID by itself only where it connects again by itself, which old ones give up.
      const query = this._lastId ? "?last_event_id=" + encodeURIComponent(this._lastId) : "";
      const source = new EventSource(this._address + query);
      this._source = source;
      source.addEventListener("board", (message) => {
        this._lastId = message.lastEventId || this._lastId;
        this._isAlive();
        this._handlers.onBoard(JSON.parse(message.data));
      });
      source.addEventListener("ping", (message) => {
        this._isAlive();
        this._handlers.onTime(JSON.parse(message.data).at);
      });
      source.addEventListener("error", () => this._connectLater());
    }

    _isAlive() {
      this._pause = FIRST_PAUSE_MILLISECONDS;
      this._watch();
    }

    _watch() {
      clearTimeout(this._watchdog);
      this._watchdog = setTimeout(() => {
        this._handlers.onSilence();
        this._watch();
        this._connect();
      }, SILENCE_MILLISECONDS_MAX);
    }

    _connectLater() {
      this._source.close();
      clearTimeout(this._retry);
      // By chance, so that the boards of a hospital do not all come at once after a restart.
      this._retry = setTimeout(() => this._connect(), this._pause * (0.5 + Math.random()));
      this._pause = Math.min(this._pause * 2, PAUSE_MILLISECONDS_MAX);
    }

    _disconnect() {
      clearTimeout(this._retry);
      if (this._source) this._source.close();
    }
  }

  antrean.Stream = Stream;
})(window.antrean);
