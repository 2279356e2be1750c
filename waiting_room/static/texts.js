/* The sentences of the page in its language, and times as its reader writes them. */
window.antrean = window.antrean || {};

(function (antrean) {
  "use strict";

  const MINUTE = 60 * 1000;
  const HOUR = 60 * MINUTE;
  const MINUTES_ALONE_MAX = 90;

  /* `sentences`: a `dataset`. `offset`: milliseconds that the hospital's clocks are ahead of UTC. */
  class Texts {
    constructor(sentences, language) {
      this._sentences = sentences;
      this._language = language;
      this.offset = 0;
    }

    /* Takes over the offset of a moment in the hospital's time, such as 2026-11-30T09:40:00+07:00. */
    followOffset(moment) {
      const found = /([+-])(\d\d):(\d\d)$/.exec(moment);
      if (!found) return;
      const size = Number(found[2]) * HOUR + Number(found[3]) * MINUTE;
      this.offset = found[1] === "-" ? -size : size;
    }

    /* The sentence of a name, with its values; undefined where the page has none. */
    say(name, values) {
      const sentence = this._sentences[name];
      return sentence && sentence.replace(/\{(\w+)\}/g, (all, key) => String((values || {})[key]));
    }

    /* `09.40` of a moment, in the hospital's time. */
    clock(moment) {
      const [hour, minute] = this._local(moment).toISOString().slice(11, 16).split(":");
      return this.say("clock", { hour, minute });
    }

    /* `Senin, 30 November`. */
    day(moment) {
      const form = { weekday: "long", day: "numeric", month: "long", timeZone: "UTC" };
      return this._local(moment).toLocaleDateString(this._language === "id" ? "id-ID" : "en-GB", form);
    }

    /* `pukul 08.00`, with the day where it is not the day of `now`. */
    moment(moment, now) {
      const values = { clock: this.clock(moment), day: this.day(moment) };
      return this.say(values.day === this.day(now) ? "atClock" : "onDay", values);
    }

    /* `25 menit`, or `1 jam 40 menit`; at least a minute. */
    duration(seconds) {
      const minutes = wholeMinutes(seconds);
      if (minutes <= MINUTES_ALONE_MAX) return this.say("minutes", { minutes });
      return this.say("hours", { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
    }

    /* `15–40 menit`, from one number of seconds to the other. */
    range(shortest, longest) {
      const from = wholeMinutes(shortest);
      const to = wholeMinutes(longest);
      if (from === to) return this.duration(longest);
      if (to <= MINUTES_ALONE_MAX) return this.say("minutes", { minutes: from + "–" + to });
      return this.duration(shortest) + "–" + this.duration(longest);
    }

    /* The name of a room, or its number; empty where none is told. */
    room(place) {
      if (place.room_name) return place.room_name;
      return place.room === null ? "" : this.say("room", { room: place.room });
    }

    /* `Ruang 2: istirahat sampai 13.00`; what only a newer server knows stays as it is. */
    absence(absence) {
      const kind = absence.until ? "Until" : "Unknown";
      const words = this.say(absence.reason + kind, { clock: absence.until && this.clock(absence.until) });
      const said = words || absence.reason;
      return absence.room === null ? said[0].toUpperCase() + said.slice(1) : this.room(absence) + ": " + said;
    }

    _local(moment) {
      const milliseconds = typeof moment === "number" ? moment : Date.parse(moment);
      return new Date(milliseconds + this.offset);
    }
  }

  function wholeMinutes(seconds) {
    return Math.max(1, Math.round(seconds / 60));
  }

  antrean.Texts = Texts;
})(window.antrean);
