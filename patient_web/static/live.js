// Keeps the tickets on a page up to date. The server says what has changed; how it is said stands in the parts of the
// page that it renders, so that no words are here.
const STREAMS = "/api/v1/tickets/streams";
const STREAM = "/api/v1/streams/";
const SILENT_MS = 25000;
const AGAIN_MS = 5000;
const AGAIN_MS_MAX = 60000;
const VIBRATION = { near: [300], called: [400, 200, 400, 200, 400] };

const news = document.getElementById("news");
const shownTickets = () => [...document.querySelectorAll("[data-part]")];
let pause = AGAIN_MS;
let source = null;
let silence = 0;

function follow() {
  const codes = shownTickets().map((each) => each.dataset.code);
  return fetch(STREAMS, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ ticket_codes: codes }),
  })
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(answer.status)))
    .then(({ token }) => listen(token))
    .catch(again);
}

function listen(token) {
  source = new EventSource(STREAM + encodeURIComponent(token));
  const heard = (act) => (message) => {
    pause = AGAIN_MS;
    watchForSilence();
    if (act) act(JSON.parse(message.data));
  };
  source.addEventListener("ticket", heard(changed));
  source.addEventListener("fresh", heard(refreshAll));
  source.addEventListener("ping", heard(null));
  source.addEventListener("stale", heard(() => shownTickets().forEach((each) => showStale(each, true))));
  source.onerror = () => {
    source.close();
    again();
  };
  watchForSilence();
}

function watchForSilence() {
  clearTimeout(silence);
  silence = setTimeout(again, SILENT_MS);
}

function again() {
  clearTimeout(silence);
  if (source) source.close();
  source = null;
  shownTickets().forEach((each) => showStale(each, true));
  silence = setTimeout(() => refreshAll().then(follow), pause * (0.75 + Math.random() / 2));
  pause = Math.min(pause * 2, AGAIN_MS_MAX);
}

function refreshAll() {
  return Promise.all(shownTickets().map(refresh));
}

function changed(ticket) {
  const shown = shownTickets().find((each) => each.dataset.code === ticket.ticket_code);
  if (shown) refresh(shown);
}

function refresh(shown) {
  shown.asked = (shown.asked || 0) + 1;
  const asked = shown.asked;
  return fetch(shown.dataset.part)
    .then((answer) => (answer.ok ? answer.text() : Promise.reject(answer.status)))
    .then((text) => {
      if (shown.asked === asked && shown.isConnected) show(shown, text);
    })
    .catch(() => showStale(shown, true));
}

function show(old, text) {
  const parsed = new DOMParser().parseFromString(text, "text/html");
  const shown = document.importNode(parsed.querySelector("[data-part]"), true);
  const hadFocus = old.contains(document.activeElement);
  if (shown.dataset.goesOn && !old.dataset.goesOn) {
    location.reload(); // to the ticket with which the patient goes on
    return;
  }
  old.replaceWith(shown);
  if (hadFocus) shown.querySelector("a")?.focus();
  if (shown.dataset.news !== old.dataset.news) tell(shown);
  showTitle();
}

function tell(shown) {
  news.textContent = shown.querySelector(".headline").textContent;
  const pattern = VIBRATION[shown.dataset.alert];
  if (pattern && navigator.vibrate) navigator.vibrate(pattern);
}

function showTitle() {
  const alerts = ["called", "near"];
  const titles = alerts.map((alert) => shownTickets().find((each) => each.dataset.alert === alert)).filter(Boolean);
  const title = titles[0] || (shownTickets().length === 1 && shownTickets()[0]);
  document.title = title ? title.dataset.title : document.documentElement.dataset.title;
}

function showStale(shown, isStale) {
  shown.querySelector(".stale").hidden = !isStale;
}

document.documentElement.dataset.title = document.title;
showTitle();
addEventListener("offline", again);
addEventListener("online", () => {
  pause = AGAIN_MS;
  clearTimeout(silence);
  if (!source) refreshAll().then(follow);
});
addEventListener("pagehide", () => source && source.close());
addEventListener("pageshow", (event) => event.persisted && refreshAll().then(follow));
if (shownTickets().some((each) => !each.querySelector(".stale").hidden)) again();
else follow();
