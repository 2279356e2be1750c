/* The board as a whole: what comes from the stream is shown at once, and announced in turn. */
window.antrean = window.antrean || {};

(function (antrean) {
  "use strict";

  const ANNOUNCED = "antrean.announced";
  const SILENT_ANNOUNCEMENT_SECONDS = 5;
  const SHIFT_MILLISECONDS = 60 * 1000;
  const SHIFTS = 8; // as many as the style sheet has

  const query = new URLSearchParams(location.search);
  const memory = antrean.memory;
  const element = (id) => document.getElementById(id);

  /* Lets whoever listens know what is announced. */
  function notify(name, detail) {
    window.dispatchEvent(new CustomEvent(name, { detail }));
  }

  class Board {
    constructor() {
      this._texts = new antrean.Texts(element("texts").dataset, document.documentElement.lang);
      this._state = new antrean.BoardState();
      this._screens = new antrean.Screens(element("clinics"), this._texts);
      this._announcements = new antrean.Announcements(
        JSON.parse(memory.recall("sessionStorage", ANNOUNCED) || "[]"));
      this._isFirst = this._announcements.announced.length === 0;
      this._announced = null;
      this._setTime(Date.now());
      this._sound = new antrean.SoundSwitch(this._texts, antrean.words.voiceLanguages(query.get("voice")));
      setInterval(() => this._showTime(), 1000);
      new antrean.Stream(location.pathname.replace(/\/$/, "") + "/stream", {
        onBoard: (message) => this._take(message),
        onTime: (at) => this._isHeard(at),
        onSilence: () => this._showStale(this._heardAt),
      });
    }

    _take(message) {
      this._texts.followOffset(message.at);
      this._state.apply(message);
      this._isHeard(message.at);
      element("hospital").textContent = message.hospital.name;
      element("main").removeAttribute("aria-busy");
      this._announcements.keepOnly(this._state.calls);
      if (this._isFirst) this._announcements.takeFirst(message.calls, this._now());
      else this._announcements.take(message.calls, this._now());
      this._isFirst = false;
      this._showCalls();
      this._screens.render(this._state.clinics, this._now());
      this._announceNext();
    }

    _showCalls() {
      const clinicName = (code) => this._clinicName(code);
      const pending = (this._announced ? [this._announced] : []).concat(this._announcements.waiting);
      const large = this._state.large(pending);
      antrean.parts.showCalls(this._state.calls, large, this._announced, this._texts, clinicName);
      this._screens.fit();
    }

    _announceNext() {
      if (this._announced) return;
      const call = this._announcements.next();
      if (!call) return;
      this._announced = call;
      memory.keep("sessionStorage", ANNOUNCED, JSON.stringify(this._announcements.announced));
      this._screens.turnTo(call.clinic);
      this._showCalls();
      this._tell(call);
      this._sound.wake().then((isOn) => this._say(call, isOn));
    }

    _say(call, isOn) {
      notify("antrean:announcement", { key: call.key, clips: isOn ? this._sound.clips(call) : [] });
      const said = isOn ? this._sound.announce(call) : antrean.pause(SILENT_ANNOUNCEMENT_SECONDS);
      said.then(() => {
        notify("antrean:announced", { key: call.key });
        this._announced = null;
        this._showCalls();
        this._announceNext();
      });
    }

    _tell(call) {
      const room = this._texts.room(call);
      const values = { number: call.display_number, room, clinic: this._clinicName(call.clinic) };
      element("announced").textContent = this._texts.say(room ? "toRoom" : "toClinic", values);
    }

    _clinicName(code) {
      return (this._state.clinic(code) || { name: code }).name;
    }

    _isHeard(at) {
      this._setTime(Date.parse(at));
      this._showStale(this._state.staleSince);
      this._showTime();
    }

    /* The server's time is the board's: televisions are often wrong. */
    _setTime(milliseconds) {
      this._heardAt = milliseconds;
      this._heardClock = performance.now();
    }

    _now() {
      return this._heardAt + performance.now() - this._heardClock;
    }

    _showTime() {
      if (!this._state.hospital) return;
      const now = this._now();
      element("clock").textContent = this._texts.clock(now);
      element("day").textContent = this._texts.day(now);
      document.body.dataset.shift = Math.floor(now / SHIFT_MILLISECONDS) % SHIFTS;
    }

    _showStale(since) {
      const banner = element("stale");
      const name = this._state.hospital ? "stale" : "notYet";
      const isNew = banner.hidden === Boolean(since);
      banner.hidden = !since;
      if (since) banner.textContent = this._texts.say(name, { clock: this._texts.clock(since) });
      if (isNew) this._screens.render(this._state.clinics, this._now());
    }
  }

  const theme = query.get("theme");
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
  antrean.board = new Board();
})(window.antrean);
