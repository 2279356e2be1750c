/* The chime and the clips, played one behind the other; the browser's own voice where clips are missing. */
window.antrean = window.antrean || {};

(function (antrean) {
  "use strict";

  const CHIME = "chime";
  const WORD_GAP_SECONDS = 0.03;
  const PART_GAP_SECONDS = 0.35;
  const SPEECH_SECONDS_MAX = 15;
  const DECISION_SECONDS_MAX = 3;

  class Sound {
    /* `index`: the address of the list of clips; `languages`: what is said, in order. */
    constructor(index, languages) {
      this._indexAddress = index;
      this._index = null; // a promise, once it is asked for
      this._languages = languages;
      this._addresses = {};
      this._buffers = new Map();
      this._context = null;
    }

    /* Whether the browser lets sound out by now: one that waits for its user's touch does not. */
    get isAllowed() {
      return this._context !== null && this._context.state === "running";
    }

    /* Makes ready to play; resolves once it is known whether the browser allows it. */
    start() {
      const Context = window.AudioContext || window.webkitAudioContext;
      if (!this._context && Context) this._context = new Context();
      if (!this._index) this._index = this._readIndex();
      const resumed = this.isAllowed || !this._context ? undefined : this._context.resume();
      // A browser that does not allow it leaves the promise open.
      return Promise.all([this._index, Promise.race([resumed, pause(DECISION_SECONDS_MAX)])]);
    }

    _readIndex() {
      return fetch(this._indexAddress)
        .then((answer) => answer.json())
        .then((addresses) => {
          this._addresses = addresses;
        })
        .catch(() => {
          this._index = null; // the browser's voice speaks, until clips can be had
        });
    }

    /* What is heard of a call: the names of clips in order. */
    clips(call) {
      const has = (name) => name in this._addresses;
      const spoken = this._languages.map((language) => antrean.words.callClips(call, language, has));
      return spoken.reduce((all, clips) => all.concat(clips || []), has(CHIME) ? [CHIME] : []);
    }

    /* Plays what is heard of a call; resolves at its end. */
    announce(call) {
      const has = (name) => name in this._addresses;
      const parts = this._languages.map((language) => () => {
        const clips = antrean.words.callClips(call, language, has);
        return clips ? this._play(clips).catch(() => this._speak(call, language)) : this._speak(call, language);
      });
      const chime = () => (has(CHIME) ? this._play([CHIME]).catch(() => undefined) : undefined);
      return [chime].concat(parts).reduce((before, part) => before.then(part), Promise.resolve());
    }

    _play(names) {
      return Promise.all(names.map((name) => this._load(name))).then((buffers) => {
        const start = this._context.currentTime;
        let seconds = 0;
        buffers.forEach((buffer) => {
          const source = this._context.createBufferSource();
          source.buffer = buffer;
          source.connect(this._context.destination);
          source.start(start + seconds);
          seconds += buffer.duration + WORD_GAP_SECONDS;
        });
        return pause(seconds + PART_GAP_SECONDS);
      });
    }

    _load(name) {
      if (!this._buffers.has(name)) {
        const loaded = fetch(this._addresses[name])
          .then((answer) => (answer.ok ? answer.arrayBuffer() : Promise.reject(new Error(name))))
          .then((bytes) => this._context.decodeAudioData(bytes));
        loaded.catch(() => this._buffers.delete(name));
        this._buffers.set(name, loaded);
      }
      return this._buffers.get(name);
    }

    _speak(call, language) {
      const synthesis = window.speechSynthesis;
      const isOfLanguage = (voice) => voice.lang.toLowerCase().indexOf(language) === 0;
      const voice = synthesis && synthesis.getVoices().find(isOfLanguage);
      if (!voice) return Promise.resolve();
      const speech = new SpeechSynthesisUtterance(antrean.words.callSentence(call, language));
      speech.voice = voice;
      speech.lang = voice.lang;
      const spoken = new Promise((resolve) => {
        speech.onend = speech.onerror = resolve;
      });
      synthesis.speak(speech);
      return Promise.race([spoken, pause(SPEECH_SECONDS_MAX)]);
    }
  }

  function pause(seconds) {
    return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }

  antrean.Sound = Sound;
  antrean.pause = pause;
})(window.antrean);
