/* The parts of the page, filled from what the board knows. */
window.antrean = window.antrean || {};

(function (antrean) {
  "use strict";

  const LAST_MAX = 6;
  const SMALLEST = 0.36;
  const STEP = 0.93;

  function copyOf(id) {
    return document.getElementById(id).content.firstElementChild.cloneNode(true);
  }

  function fill(parent, selector, text) {
    const element = parent.querySelector(selector);
    // A number stays on the line of the word before it: "Ruang Bedah 2".
    element.textContent = (text || "").replace(/ (\d+)$/, "\u00a0$1");
    element.hidden = !text;
  }

  function replaceChildren(parent, children) {
    parent.textContent = "";
    children.forEach((child) => parent.appendChild(child));
    parent.hidden = children.length === 0;
  }

  function isTooWide(element) {
    return element.scrollWidth > element.clientWidth + 1;
  }

  function isTooLarge(element) {
    return isTooWide(element) || element.scrollHeight > element.clientHeight + 1;
  }

  /* Makes the writing of an element smaller until it is not too large any more. */
  function makeSmaller(element, isTooMuch) {
    element.style.fontSize = "";
    const whole = parseFloat(getComputedStyle(element).fontSize);
    for (let size = whole; isTooMuch(element) && size > whole * SMALLEST; size *= STEP) {
      element.style.fontSize = size * STEP + "px";
    }
  }

  function fit(element) {
    makeSmaller(element, isTooLarge);
  }

  function listItem(text) {
    const item = document.createElement("li");
    item.textContent = text;
    return item;
  }

  function roomItem(room, texts) {
    const item = copyOf("room");
    item.dataset.status = room.status;
    fill(item, ".number", room.display_number);
    fill(item, ".room", texts.room(room));
    return item;
  }

  function closedText(clinic, texts, now) {
    if (clinic.is_open) return "";
    const closed = clinic.next_opening
      ? texts.say("opens", { moment: texts.moment(clinic.next_opening, now) })
      : texts.say("closed");
    return clinic.closed_reason ? closed + ". " + texts.say("reason", { reason: clinic.closed_reason }) : closed;
  }

  /* What somebody who comes now is told of the wait. */
  function waitText(clinic, texts) {
    const wait = clinic.wait;
    if (!clinic.is_open) return "";
    if (clinic.day_may_end_first) return texts.say("notToday");
    if (!wait || wait.seconds === null || wait.shortest_seconds === null) return "";
    const duration = texts.duration(wait.seconds);
    const range = texts.range(wait.shortest_seconds, wait.longest_seconds);
    return texts.say(range === duration ? "waitAlone" : "wait", { wait: duration, range });
  }

  /* A clinic, or one of the parts of a clinic with many rooms. */
  function clinicCard(part, texts, now) {
    const clinic = part.clinic;
    const card = copyOf("clinic");
    const closed = closedText(clinic, texts, now);
    card.dataset.clinic = clinic.code;
    fill(card, "h3", part.of > 1
      ? texts.say("part", { clinic: clinic.name, place: part.place, of: part.of }) : clinic.name);
    replaceChildren(card.querySelector(".rooms"), part.rooms.map((room) => roomItem(room, texts)));
    fill(card, ".closed", closed);
    card.querySelector(".nobody").hidden = part.rooms.length > 0 || Boolean(closed);
    const messages = (clinic.absences || []).map((absence) => listItem(texts.absence(absence)));
    replaceChildren(card.querySelector(".messages"), messages);
    card.querySelector(".next").hidden = part.next.length === 0;
    replaceChildren(card.querySelector(".numbers"), part.next.map(listItem));
    fill(card, ".waiting", clinic.is_open || clinic.waiting ? texts.say("waiting", { count: clinic.waiting }) : "");
    fill(card, ".wait", waitText(clinic, texts));
    return card;
  }

  /* The calls that are shown large, among them the one that is announced, and those before them. `clinicName` is
   * of a clinic's code. */
  function showCalls(calls, large, announced, texts, clinicName) {
    const keys = new Set(large.map((call) => call.key));
    const before = calls.filter((call) => !keys.has(call.key)).slice(0, LAST_MAX);
    const now = document.getElementById("now");
    const list = document.getElementById("last");
    now.dataset.count = large.length;
    replaceChildren(now, large.map((call) => {
      const item = callItem("called-now", call);
      item.classList.toggle("announced", Boolean(announced) && announced.key === call.key);
      return item;
    }));
    document.getElementById("nobody").hidden = large.length > 0;
    document.getElementById("calls").hidden = before.length === 0;
    replaceChildren(list, before.map((call) => callItem("called-before", call)));
    now.querySelectorAll(".number").forEach((number) => makeSmaller(number, isTooWide));
    fit(now);
    while (isTooLarge(list) && list.lastElementChild) list.removeChild(list.lastElementChild);

    function callItem(template, call) {
      const item = copyOf(template);
      item.dataset.key = call.key;
      item.dataset.urgent = call.is_urgent;
      fill(item, ".number", call.display_number);
      fill(item, ".room", texts.room(call));
      fill(item, ".clinic", clinicName(call.clinic));
      return item;
    }
  }

  antrean.parts = { clinicCard, showCalls, fit };
})(window.antrean);
