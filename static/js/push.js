// Asks a visitor for push messages, and tells us. Call subscribe() in the handler of a click: browsers ask nobody otherwise.
//   orchestratorPush.subscribe({server: "https://ours.example", key: "...", anonymousId: "...", purpose: "push_marketing", wording: "push_marketing/en/1"})
"use strict";

(function () {
  function bytes(text) {
    const plain = atob((text + "=".repeat((4 - (text.length % 4)) % 4)).replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
  }

  async function tell(options, subscription, granted) {
    const answer = await fetch(options.server + "/v1/devices", {
      method: "POST",
      credentials: "omit",
      headers: { "Content-Type": "text/plain", Authorization: "Basic " + btoa(options.key + ":") },
      body: JSON.stringify({
        anonymousId: options.anonymousId,
        purpose: options.purpose,
        wording: options.wording || "",
        granted,
        url: location.origin + location.pathname,
        subscription: subscription.toJSON(),
      }),
    });
    return answer.ok;
  }

  async function registered(options) {
    const worker = await navigator.serviceWorker.register(options.worker || "/push-worker.js");
    await navigator.serviceWorker.ready;
    return worker;
  }

  // true: messages may come. false: the browser cannot, the visitor said no, or we did not take it.
  async function subscribe(options) {
    if (!("serviceWorker" in navigator) || !("PushManager" in window)) return false;
    if ((await Notification.requestPermission()) !== "granted") return false;
    const asked = await fetch(options.server + "/v1/devices", { credentials: "omit" });
    const { applicationServerKey } = await asked.json();
    if (!applicationServerKey) return false;
    const worker = await registered(options);
    const subscription = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(applicationServerKey) });
    const taken = await tell(options, subscription, true);
    if (!taken) await subscription.unsubscribe();
    return taken;
  }

  async function unsubscribe(options) {
    const worker = await navigator.serviceWorker.getRegistration();
    const subscription = worker && (await worker.pushManager.getSubscription());
    if (!subscription) return true;
    const told = await tell(options, subscription, false);
    await subscription.unsubscribe();
    return told;
  }

  window.orchestratorPush = { subscribe, unsubscribe };
})();
