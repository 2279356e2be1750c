/* How clinics are laid out over the screen, and over several screens where there are many. Pure. */
window.antrean = window.antrean || {};

(function (antrean) {
  "use strict";

  /* By how many parts there are at most: the columns and rows of the screen, and how many rooms and how many of
   * the next numbers a part has. */
  const LANDSCAPE = [
    { parts: 1, columns: 1, rows: 1, rooms: 6, next: 8 },
    { parts: 2, columns: 2, rows: 1, rooms: 6, next: 3 },
    { parts: 4, columns: 2, rows: 2, rooms: 4, next: 3 },
    { parts: Infinity, columns: 3, rows: 2, rooms: 3, next: 3 },
  ];
  const PORTRAIT = [
    { parts: 1, columns: 1, rows: 1, rooms: 8, next: 8 },
    { parts: 2, columns: 1, rows: 2, rooms: 6, next: 5 },
    { parts: 4, columns: 2, rows: 2, rooms: 4, next: 3 },
    { parts: Infinity, columns: 2, rows: 3, rooms: 3, next: 3 },
  ];
  const STACKED = [{ parts: Infinity, columns: 1, rows: Infinity, rooms: Infinity, next: 3 }];
  const FORMS = { landscape: LANDSCAPE, portrait: PORTRAIT, stacked: STACKED };

  /* A clinic with more rooms than a part has is shown in several of like size; one without any is shown, too. */
  function partsOf(clinic, arrangement) {
    const of = Math.max(1, Math.ceil(clinic.rooms.length / arrangement.rooms));
    const next = clinic.next.slice(0, arrangement.next);
    const size = Math.ceil(clinic.rooms.length / of);
    const parts = [];
    for (let place = 1; place <= of; place += 1) {
      parts.push({ clinic, rooms: clinic.rooms.slice((place - 1) * size, place * size), next, place, of });
    }
    return parts;
  }

  /* The screens, each a list of {clinic, rooms, next, place, of}, with the columns and rows that all of them have. */
  function screens(clinics, form) {
    let chosen, parts;
    FORMS[form].some((arrangement) => {
      chosen = arrangement;
      parts = clinics.reduce((all, clinic) => all.concat(partsOf(clinic, arrangement)), []);
      return parts.length <= arrangement.parts;
    });
    const size = chosen.columns * chosen.rows;
    const pages = [];
    for (let first = 0; first < parts.length; first += size) pages.push(parts.slice(first, first + size));
    return { columns: chosen.columns, rows: chosen.rows, pages };
  }

  antrean.screens = screens;
})(window.antrean);
