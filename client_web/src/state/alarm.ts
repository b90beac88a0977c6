import { signal } from "@preact/signals";
import { t } from "../i18n";
import type { Alert } from "../wire.gen";
import { notify, sound } from "./preferences";
import { go } from "./router";

/** Sound is wanted, but the browser lets the page make none before somebody clicks on it. */
export const soundBlocked = signal(false);

let context: AudioContext | null = null;

/** Two short tones, made on the spot: nothing to load, and no file to be missing. */
export function chime(): void {
  context ??= new AudioContext();
  if (context.state === "suspended") {
    soundBlocked.value = true;
    context.resume().then(() => {
      soundBlocked.value = false;
    });
    return;
  }
  soundBlocked.value = false;
  const start = context.currentTime;
  for (const [at, pitch] of [
    [0, 880],
    [0.16, 660],
  ] as const) {
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0, start + at);
    volume.gain.linearRampToValueAtTime(0.25, start + at + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.001, start + at + 0.3);
    tone.connect(volume).connect(context.destination);
    tone.start(start + at);
    tone.stop(start + at + 0.32);
  }
}

/** After a click the browser allows sound: make use of the first one. */
export function unlockSound(): void {
  if (sound.peek() === "off") return;
  context ??= new AudioContext();
  context.resume().then(() => {
    soundBlocked.value = false;
  });
}

export type NotifyAnswer = "granted" | "denied" | "unsupported";

export async function askToNotify(): Promise<NotifyAnswer> {
  if (!("Notification" in window) || !window.isSecureContext) return "unsupported";
  const answer = await Notification.requestPermission();
  return answer === "granted" ? "granted" : "denied";
}

/** Tell of a new alert in the ways that were chosen. */
export function raise(alert: Alert): void {
  if (sound.peek() === "on") chime();
  if (notify.peek() !== "on" || !document.hidden || !("Notification" in window)) return;
  if (Notification.permission !== "granted") return;
  try {
    const said = t("live.feed.said", { kind: t(`kind.${alert.kind}`), camera: alert.camera });
    const options: NotificationOptions = { tag: alert.id };
    if (alert.face_url) options.icon = alert.face_url;
    const shown = new Notification(said, options);
    shown.onclick = () => {
      window.focus();
      go(`/alerts/${alert.id}`);
      shown.close();
    };
  } catch {
    // Chrome on Android shows notifications only from a service worker; the sound and the title's count remain.
  }
}
