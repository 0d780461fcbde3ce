// Shows push messages and opens what they lead to. It has to lie on the site that asks for them: copy it to its root.
"use strict";

self.addEventListener("push", (event) => {
  let shown = {};
  try { shown = event.data ? event.data.json() : {}; } catch { return; }
  if (!shown.title) return;
  event.waitUntil(self.registration.showNotification(shown.title, {
    body: shown.body || "",
    tag: shown.tag,
    lang: shown.lang || "",
    data: { url: shown.url || "" },
  }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = event.notification.data && event.notification.data.url;
  if (url && /^https?:\/\//.test(url)) event.waitUntil(self.clients.openWindow(url));
});
