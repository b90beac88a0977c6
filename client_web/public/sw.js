// Shows a notice that came while no page was open, and opens its alert. The server sends the words, in this browser's
// language; pictures are fetched from the server itself, so that nobody in between sees them.
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  let notice = {};
  try {
    notice = event.data.json();
  } catch {
    // A browser takes the right to push from who shows nothing: show the name at least.
  }
  const options = {
    body: notice.body || "",
    tag: notice.tag || "maskwatch",
    renotify: !notice.quiet,
    silent: Boolean(notice.quiet),
    data: { path: notice.path || "/" },
    badge: "/favicon.svg",
    icon: notice.icon || "/favicon.svg",
  };
  if (notice.image) options.image = notice.image;
  event.waitUntil(self.registration.showNotification(notice.title || "maskwatch", options));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const to = new URL(event.notification.data.path, self.location.origin).href;
  event.waitUntil(
    self.clients.matchAll({ type: "window", includeUncontrolled: true }).then(async (pages) => {
      // A page that sends this device's camera must not be taken away from it.
      const page = pages.map((one) => [one, new URL(one.url)]).find(
        ([, at]) => at.origin === self.location.origin && !at.pathname.startsWith("/publish/"),
      )?.[0];
      if (!page) return self.clients.openWindow(to);
      await page.focus();
      return page.navigate(to).catch(() => self.clients.openWindow(to));
    }),
  );
});
