/* The clinics on the screen: laid out, made to fit, and where there are too many for one, shown in turns. */
window.antrean = window.antrean || {};

(function (antrean) {
  "use strict";

  const TURN_MILLISECONDS = 12 * 1000;
  // As in the style sheet: on smaller screens everything stands one below the other, and the page scrolls.
  const TELEVISION = "(min-width: 700px) and (min-height: 480px)";

  class Screens {
    constructor(area, texts) {
      this._area = area;
      this._texts = texts;
      this._pages = [];
      this._shown = 0;
      this._isPaused = false;
      this._label = document.getElementById("screens");
      this._pause = document.getElementById("pause");
      this._pause.addEventListener("click", () => this._togglePause());
      window.addEventListener("resize", () => this.render(this._clinics || [], this._now));
      this._restart();
    }

    /* Lays out `clinics` anew; `now` in milliseconds. */
    render(clinics, now) {
      this._clinics = clinics;
      this._now = now;
      const layout = antrean.screens(clinics, form());
      this._pages = layout.pages;
      this._area.dataset.columns = layout.columns;
      this._area.dataset.rows = layout.rows;
      this._show(Math.min(this._shown, Math.max(0, this._pages.length - 1)));
    }

    /* Shows the screen of a clinic, and leaves it there for a whole turn. */
    turnTo(code) {
      const holds = (page) => page.some((part) => part.clinic.code === code);
      const place = this._pages.findIndex(holds);
      if (place < 0 || this._isPaused || holds(this._pages[this._shown])) return;
      this._show(place);
      this._restart();
    }

    /* Makes what is on the screen fit into the room that the calls above leave. */
    fit() {
      Array.from(this._area.children).forEach(antrean.parts.fit);
    }

    _show(place) {
      this._shown = place;
      this._area.textContent = "";
      (this._pages[place] || []).forEach((part) => {
        this._area.appendChild(antrean.parts.clinicCard(part, this._texts, this._now));
      });
      this.fit();
      const isOne = this._pages.length < 2;
      this._label.hidden = this._pause.hidden = isOne;
      this._label.textContent = this._texts.say("screen", { place: place + 1, of: this._pages.length });
    }

    _restart() {
      clearInterval(this._turns);
      this._turns = setInterval(() => {
        const isAlone = this._pages.length < 2;
        if (!this._isPaused && !isAlone) this._show((this._shown + 1) % this._pages.length);
      }, TURN_MILLISECONDS);
    }

    _togglePause() {
      this._isPaused = !this._isPaused;
      this._pause.setAttribute("aria-pressed", String(this._isPaused));
      this._restart();
    }
  }

  function form() {
    if (!window.matchMedia(TELEVISION).matches) return "stacked";
    return window.innerWidth >= window.innerHeight ? "landscape" : "portrait";
  }

  antrean.Screens = Screens;
})(window.antrean);
