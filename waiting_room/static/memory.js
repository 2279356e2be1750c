/* What a browser remembers; one whose storage is shut remembers nothing. */
window.antrean = window.antrean || {};

(function (antrean) {
  "use strict";

  function recall(storage, name) {
    try {
      return window[storage].getItem(name);
    } catch (error) {
      return null;
    }
  }

  function keep(storage, name, value) {
    try {
      window[storage].setItem(name, value);
    } catch (error) {
      // then it asks again
    }
  }

  antrean.memory = { recall, keep };
})(window.antrean);
