"""A telephone whose browser is subscribed at a push service of the tests: the internet's cannot be reached.
What it is notified of goes through Chromium to the page's own service worker."""

import json
from typing import Any

from playwright.sync_api import Page, Worker

from tests.browser.watched_pages import PHONE, WatchedPages
from tests.processes import eventually
from tests.web.push_service import Browser, PushService

_SUBSCRIBING = """
const plain = (text) => atob(text.replaceAll("-", "+").replaceAll("_", "/"));
const bytes = (text) => Uint8Array.from(plain(text), (each) => each.charCodeAt(0)).buffer;
const GIVEN = %s;
const made = {
  endpoint: GIVEN.endpoint,
  options: {},
  getKey: (name) => bytes(name === "p256dh" ? GIVEN.key : GIVEN.secret),
  unsubscribe: async () => { sessionStorage.removeItem("subscribed"); return true; },
};
PushManager.prototype.getSubscription = async () => (sessionStorage.getItem("subscribed") ? made : null);
PushManager.prototype.subscribe = async (options) => {
  if (!options.userVisibleOnly || options.applicationServerKey.length !== 65) throw new Error("not so");
  sessionStorage.setItem("subscribed", "yes");
  return made;
};
"""

_RECORD = """() => {
  if (self.told) return;
  self.told = [];
  ServiceWorkerRegistration.prototype.showNotification = async (title, { body, lang, tag, data }) => {
    self.told.push({ title, body, lang, tag, path: data });
  };
}"""

_TOUCH = """async (path) => {
  let opened = null;
  self.clients.openWindow = async (wanted) => (opened = wanted);
  const event = new ExtendableEvent("notificationclick");
  Object.defineProperty(event, "notification", { value: { data: path, close: () => undefined } });
  const work = new Promise((resolve) => (event.waitUntil = resolve));
  self.dispatchEvent(event);
  await (await work);
  return opened;
}"""


class NotifiedTelephone:
    """Its `page`, where nothing is open yet. A browser without windows shows no notifications: what would be
    shown is recorded."""

    def __init__(self, pages: WatchedPages, service: PushService, origin: str) -> None:
        self.browser: Browser = service.browser()
        self.page: Page = pages.context(PHONE).new_page()
        self._origin = origin
        self.page.add_init_script(_SUBSCRIBING % json.dumps(self.browser.subscription))
        self._session = self.page.context.new_cdp_session(self.page)
        self._registrations: dict[str, str] = {}
        self._session.on("ServiceWorker.workerRegistrationUpdated", self._registered)
        self._session.send("ServiceWorker.enable")

    def _registered(self, event: dict[str, Any]) -> None:
        self._registrations |= {each["scopeURL"]: each["registrationId"] for each in event["registrations"]}

    def deliver(self, told: dict[str, Any]) -> None:
        """The browser is given what the push service had for it."""
        scope = f"{self._origin}/"

        def is_registered() -> bool:
            self.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
            return scope in self._registrations

        eventually(is_registered, f"a service worker of {scope}: {self._registrations}")
        self._worker.evaluate(_RECORD)
        asked = {"origin": self._origin, "registrationId": self._registrations[scope]}
        asked["data"] = json.dumps(told)
        self._session.send("ServiceWorker.deliverPushMessage", asked)

    def shown(self) -> list[dict[str, str]]:
        """The notifications that are shown: of those with the same tag the last."""
        told: list[dict[str, str]] = self._worker.evaluate("() => self.told")
        return [*{each["tag"]: each for each in told}.values()]

    def touched(self, path: str) -> str:
        """Touches a notification that leads to a path; the one that is opened."""
        return str(self._worker.evaluate(_TOUCH, path))

    @property
    def _worker(self) -> Worker:
        [worker] = self.page.context.service_workers
        return worker
