import { signal } from "@preact/signals";
import { language } from "../i18n";
import { api } from "./api";
import { read, write } from "./preferences";

const KEY = "maskwatch.pushName";

/** Whether this browser is told although no page is open; null while that is being found out. */
export const pushed = signal<boolean | null>(null);

export type PushTrouble = "unsupported" | "denied" | "failed";

export function pushSupported(): boolean {
  return "serviceWorker" in navigator && "PushManager" in window && window.isSecureContext;
}

/** The name under which the server knows this browser. */
export function pushName(): string | null {
  return read(KEY) || null;
}

export async function findPush(known: readonly string[]): Promise<void> {
  if (!pushSupported()) {
    pushed.value = false;
    return;
  }
  const registration = await navigator.serviceWorker.getRegistration("/");
  const subscription = await registration?.pushManager.getSubscription();
  const name = pushName();
  pushed.value = Boolean(subscription && name && known.includes(name));
}

export async function subscribe(): Promise<PushTrouble | null> {
  if (!pushSupported()) return "unsupported";
  if ((await Notification.requestPermission()) !== "granted") return "denied";
  const registration = await navigator.serviceWorker.register("/sw.js");
  await navigator.serviceWorker.ready;
  const { key } = await api.pushKey();
  // One left from before (a server that was set up anew has another key) would refuse the new one, or be told twice.
  await (await registration.pushManager.getSubscription())?.unsubscribe();
  let subscription: PushSubscription;
  try {
    subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  } catch {
    return "failed";
  }
  const { endpoint = "", keys = {} } = subscription.toJSON();
  const name = `browser-${crypto.randomUUID().slice(0, 8)}`;
  await api.addNotifier({
    name,
    type: "webpush",
    options: {
      endpoint,
      p256dh: keys.p256dh ?? "",
      auth: keys.auth ?? "",
      browser: browserName(navigator.userAgent),
      language: language.peek(),
    },
  });
  write(KEY, name);
  pushed.value = true;
  return null;
}

export async function unsubscribe(): Promise<void> {
  const name = pushName();
  const registration = await navigator.serviceWorker.getRegistration("/");
  const subscription = await registration?.pushManager.getSubscription();
  await subscription?.unsubscribe();
  write(KEY, "");
  pushed.value = false;
  if (name) await api.removeNotifier(name);
}

/** "Firefox, Android": enough to tell one's browsers apart. */
export function browserName(agent: string): string {
  const browser = ["Edg", "Firefox", "Chrome", "Safari"].find((one) => agent.includes(`${one}/`)) ?? "";
  const system = ["Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux"].find((one) => agent.includes(one)) ?? "";
  return [browser.replace("Edg", "Edge"), system].filter(Boolean).join(", ");
}
