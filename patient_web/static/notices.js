// Has the telephone notified of the ticket on the page, where its user wants that and the browser can do it. Nothing of
// the ticket is kept: only digests of the codes of which it is notified already.
const KEPT = "notices";
const KEPT_MAX = 20;

const section = document.getElementById("notices");
const start = document.getElementById("notify");
const stop = document.getElementById("notify-no-more");
const { key, ticket: code, form } = section.dataset;

const kept = () => JSON.parse(localStorage.getItem(KEPT) || "[]");

async function digest() {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(code));
  return btoa(String.fromCharCode(...new Uint8Array(bytes).slice(0, 12)));
}

function show(state) {
  section.querySelectorAll("[data-says]").forEach((each) => (each.hidden = each.dataset.says !== state));
  start.hidden = state === "on";
  stop.hidden = state !== "on";
}

const encoded = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

const decoded = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));

// The browser's own question comes with it, where it has not been answered yet.
async function subscribed(registration) {
  const old = await registration.pushManager.getSubscription();
  const oldKey = old && old.options.applicationServerKey;
  if (old && oldKey && encoded(oldKey) !== key) await old.unsubscribe();
  return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: decoded(key) });
}

async function notify(registration) {
  start.disabled = true;
  try {
    const subscription = await subscribed(registration);
    const answer = await fetch(`/t/${code}/notify`, {
      method: "POST",
      body: new URLSearchParams({
        form,
        endpoint: subscription.endpoint,
        key: encoded(subscription.getKey("p256dh")),
        secret: encoded(subscription.getKey("auth")),
      }),
    });
    if (!answer.ok) throw new Error(String(answer.status));
    const others = kept().filter((each) => each !== own);
    localStorage.setItem(KEPT, JSON.stringify([...others, own].slice(-KEPT_MAX)));
    show("on");
    stop.focus();
  } catch (error) {
    show(Notification.permission === "denied" ? "blocked" : "failed");
  }
  start.disabled = false;
}

// Without its subscription nobody can notify the telephone, and the server is told so when it tries.
async function notifyNoMore(registration) {
  const subscription = await registration.pushManager.getSubscription();
  if (subscription) await subscription.unsubscribe();
  localStorage.removeItem(KEPT);
  show("off");
  start.focus();
}

const isPossible = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
const own = isPossible && (await digest());
if (isPossible) {
  const registration = await navigator.serviceWorker.ready;
  const isOn = (await registration.pushManager.getSubscription()) && kept().includes(own);
  show(isOn ? "on" : Notification.permission === "denied" ? "blocked" : "");
  start.addEventListener("click", () => notify(registration));
  stop.addEventListener("click", () => notifyNoMore(registration));
  section.hidden = false;
}
