// Has the browser keep what it needs to show the last known state without a connection.
if ("serviceWorker" in navigator) {
  navigator.serviceWorker.register("/service-worker.js").catch(() => undefined);
}
