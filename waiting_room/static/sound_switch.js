/* The button that starts the sound once: the browser remembers it. */
window.antrean = window.antrean || {};

(function (antrean) {
  "use strict";

  const SOUND = "antrean.sound";

  class SoundSwitch {
    constructor(texts, languages) {
      this._texts = texts;
      this._button = document.getElementById("sound");
      this._sound = new antrean.Sound(this._button.dataset.clips, languages);
      this._isWanted = antrean.memory.recall("localStorage", SOUND) === "on";
      this._button.addEventListener("click", (event) => {
        event.stopPropagation();
        this._toggle();
      });
      const touched = () => !this._isOn && this.wake();
      document.addEventListener("click", touched);
      document.addEventListener("keydown", touched);
      this.wake();
    }

    /* Whether sound is on, once that is known: browsers put it to sleep by themselves, too. */
    wake() {
      return (this._isWanted ? this._sound.start() : Promise.resolve()).then(() => {
        this._show();
        return this._isOn;
      });
    }

    get _isOn() {
      return this._isWanted && this._sound.isAllowed;
    }

    clips(call) {
      return this._sound.clips(call);
    }

    announce(call) {
      return this._sound.announce(call);
    }

    _toggle() {
      this._isWanted = !this._isWanted;
      antrean.memory.keep("localStorage", SOUND, this._isWanted ? "on" : "off");
      this.wake();
    }

    _show() {
      this._button.textContent = this._texts.say(this._isWanted ? "soundOn" : "soundOff");
      this._button.dataset.on = this._isOn;
      document.getElementById("sound-hint").hidden = !this._isWanted || this._sound.isAllowed;
    }
  }

  antrean.SoundSwitch = SoundSwitch;
})(window.antrean);
