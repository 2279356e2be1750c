// Shows the last known state of remembered tickets while there is no connection. Forms and what was sent are never
// kept.
{% autoescape false %}
const FILES = {{ files | tojson }};
const ICON = {{ file("icon-192.png") | tojson }};
{% endautoescape %}
const TICKETS = "tickets";
const SHELL = "shell-" + FILES.join(" ");
const MAY_BE_KEPT = "Antrean-Keep"; // for how many seconds
const LIST = "/tickets";
const FORMS = /^\/(hospitals|kiosk)\//;
const IS_STALE = ['<p class="stale" role="status" hidden>', '<p class="stale" role="status">'];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll([...FILES, "/offline"])).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(Promise.all([forgetOldShells(), forgetWhatIsOver()]).then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const request = event.request;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.method === "POST" && /\/(forget|remember)$/.test(url.pathname)) {
    event.waitUntil(caches.delete(TICKETS));
  }
  if (request.method !== "GET") return;
  if (FORMS.test(url.pathname)) return; // Who goes back to a form gets the very same one, from the browser itself.
  if (FILES.includes(url.pathname + url.search)) {
    event.respondWith(caches.match(request).then((kept) => kept || fetch(request)));
  } else if (request.mode === "navigate" || /^\/t\/[^/]+\/part$/.test(url.pathname)) {
    event.respondWith(newestOrKept(request));
  }
});

// What a push service brings was encrypted for this browser; a later notice of a ticket takes the place of the earlier.
self.addEventListener("push", (event) => {
  const told = event.data.json();
  event.waitUntil(
    self.registration.showNotification(told.title, {
      body: told.body,
      lang: told.language,
      tag: told.tag,
      renotify: true,
      icon: ICON,
      data: told.path,
    }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(showTicket(event.notification.data));
});

async function showTicket(path) {
  const open = await self.clients.matchAll({ type: "window" });
  const shown = open.find((client) => new URL(client.url).pathname === path);
  return shown ? shown.focus() : self.clients.openWindow(path);
}

async function newestOrKept(request) {
  try {
    const response = await fetch(request);
    await keep(request, response);
    await forgetWhatIsOver();
    return response;
  } catch (error) {
    return kept(request, error);
  }
}

// What is not remembered any more is not kept, either; where nothing is, nothing.
async function keep(request, response) {
  const cache = await caches.open(TICKETS);
  if (response.redirected || !response.ok) return;
  if (isValid(response)) return cache.put(request, response.clone());
  if (new URL(request.url).pathname === LIST) return caches.delete(TICKETS);
  await cache.delete(request);
}

async function kept(request, error) {
  await forgetWhatIsOver();
  const found = await (await caches.open(TICKETS)).match(request);
  if (found) {
    const text = (await found.text()).replaceAll(...IS_STALE);
    return new Response(text, { headers: { "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store" } });
  }
  if (request.mode !== "navigate") throw error;
  return (await caches.match("/offline")) || Response.error();
}

function isValid(response) {
  const age = (Date.now() - Date.parse(response.headers.get("Date"))) / 1000;
  return age < Number(response.headers.get(MAY_BE_KEPT));
}

async function forgetWhatIsOver() {
  const cache = await caches.open(TICKETS);
  for (const request of await cache.keys()) {
    if (!isValid(await cache.match(request))) await cache.delete(request);
  }
}

async function forgetOldShells() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== SHELL && name !== TICKETS).map((name) => caches.delete(name)));
}
