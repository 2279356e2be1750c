/* What is said of a call, as names of clips such as `id/sebelas`, or as a sentence for the browser's own voice.
 *
 * Pure functions. Like all scripts of the board it is written in ECMAScript 2017 without modules, for the
 * browsers of old televisions; each adds to the one name `antrean`.
 */
window.antrean = window.antrean || {};

(function (antrean) {
  "use strict";

  const NUMBER_MAX = 9999;

  const INDONESIAN = ["nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan"];

  const ENGLISH = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
  ];
  const ENGLISH_TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

  /* A number of whole groups and the rest below them, without a zero that nobody says. */
  function grouped(number, size, groups, words) {
    const rest = number % size;
    return groups(Math.floor(number / size)).concat(rest ? words(rest) : []);
  }

  function indonesian(number) {
    if (number < 10) return [INDONESIAN[number]];
    if (number === 10) return ["sepuluh"];
    if (number === 11) return ["sebelas"];
    if (number < 20) return [INDONESIAN[number - 10], "belas"];
    if (number < 100) return grouped(number, 10, (tens) => [INDONESIAN[tens], "puluh"], indonesian);
    if (number < 1000) {
      const hundreds = (count) => (count === 1 ? ["seratus"] : [INDONESIAN[count], "ratus"]);
      return grouped(number, 100, hundreds, indonesian);
    }
    const thousands = (count) => (count === 1 ? ["seribu"] : [INDONESIAN[count], "ribu"]);
    return grouped(number, 1000, thousands, indonesian);
  }

  function english(number) {
    if (number < 20) return [ENGLISH[number]];
    if (number < 100) return grouped(number, 10, (tens) => [ENGLISH_TENS[tens]], english);
    if (number < 1000) return grouped(number, 100, (count) => [ENGLISH[count], "hundred"], english);
    return grouped(number, 1000, (count) => [ENGLISH[count], "thousand"], english);
  }

  const LANGUAGES = {
    id: {
      number: indonesian,
      call: "nomor-antrean",
      go: "silakan-ke",
      room: "ruang",
      look: "silakan-lihat-layar",
      alone: (number) => "Nomor antrean " + number + ".",
      toRoom: (number, room) => "Nomor antrean " + number + ", silakan ke " + room + ".",
    },
    en: {
      number: english,
      call: "queue-number",
      go: "please-go-to",
      room: "room",
      look: "please-see-the-screen",
      alone: (number) => "Queue number " + number + ".",
      toRoom: (number, room) => "Queue number " + number + ", please go to " + room + ".",
    },
  };

  /* How a whole number is said: its words in order; digit by digit above 9,999. */
  function numberWords(number, language) {
    const words = LANGUAGES[language].number;
    if (number <= NUMBER_MAX) return words(number);
    return String(number).split("").reduce((said, digit) => said.concat(words(Number(digit))), []);
  }

  /* `ruang-melati` from `Ruang Melati`. */
  function clipName(text) {
    return text.toLowerCase().normalize("NFKD").replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
  }

  /* The letters before a number such as `GIG-011`, each said alone, digits among them as digits. */
  function prefixWords(displayNumber, language) {
    const prefix = displayNumber.replace(/-?\d+$/, "").toLowerCase().replace(/[^a-z0-9]/g, "");
    return prefix.split("").map((sign) => (/\d/.test(sign) ? numberWords(Number(sign), language)[0] : sign));
  }

  /* The clips that say the name of a room: one for all of it, or else one for each word; null where some lack.
   * Names are Indonesian in every language. */
  function nameClips(name, has) {
    const whole = "id/" + clipName(name);
    if (has(whole)) return [whole];
    const words = clipName(name).split("-").reduce((said, word) => {
      return said.concat(/^\d+$/.test(word) ? numberWords(Number(word), "id") : [word]);
    }, []);
    const clips = words.map((word) => "id/" + word);
    return clips.length > 0 && clips.every(has) ? clips : null;
  }

  /* The clips of a call, in order; null where one of them lacks. `has` says whether there is a clip. */
  function callClips(call, language, has) {
    const said = LANGUAGES[language];
    const inLanguage = (words) => words.map((word) => language + "/" + word);
    const number = inLanguage(
      [said.call].concat(prefixWords(call.display_number, language), numberWords(call.number, language)));
    const clips = number.concat(roomClips(call, language, has));
    return clips.every(has) ? clips : null;
  }

  /* Where to go. A name that no clip says must not be said as the number of a room. */
  function roomClips(call, language, has) {
    const said = LANGUAGES[language];
    const inLanguage = (words) => words.map((word) => language + "/" + word);
    if (!call.room_name && call.room === null) return [];
    if (!call.room_name) return inLanguage([said.go, said.room].concat(numberWords(call.room, language)));
    const name = nameClips(call.room_name, has);
    return name ? inLanguage([said.go]).concat(name) : inLanguage([said.look]);
  }

  /* The same as a sentence, with its letters apart. */
  function callSentence(call, language) {
    const said = LANGUAGES[language];
    const letters = call.display_number.replace(/-?\d+$/, "").split("").join(" ");
    const number = letters + ", " + call.number;
    if (call.room_name) return said.toRoom(number, call.room_name);
    return call.room === null ? said.alone(number) : said.toRoom(number, said.room + " " + call.room);
  }

  /* The languages of `id,en` that can be said, in that order, each once; Indonesian where there is none. */
  function voiceLanguages(wanted) {
    const known = (wanted || "").split(",").filter((code, place, all) => {
      return Object.prototype.hasOwnProperty.call(LANGUAGES, code) && all.indexOf(code) === place;
    });
    return known.length > 0 ? known : ["id"];
  }

  antrean.words = { numberWords, callClips, callSentence, voiceLanguages };
})(window.antrean);
