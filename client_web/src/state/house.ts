import { batch, computed, type Signal, signal } from "@preact/signals";
import { counted, t } from "../i18n";
import { type Connection, LiveSocket } from "../live/socket";
import type { Alert, Camera, FacesMessage } from "../wire.gen";
import { raise } from "./alarm";
import { AlertList, isOpen, waits } from "./alerts";
import { type AlertFilter, api } from "./api";
import { moment, setServerTime } from "./clock";
import { say, tell, tellError } from "./notices";
import { checkSession, info } from "./session";

/** Alerts kept in the page; older ones are on the alerts page, from the server. */
const KEPT_ALERTS = 200;
/** People are taken off a tile when nothing was said of them for this long. */
const FACES_STALE_MS = 2_500;

/** When alerts that could not be loaded are asked for again. */
const AGAIN_MS = 10_000;

let list = new AlertList(KEPT_ALERTS);
/** While not all alerts are loaded: the list they are loaded into. What happens meanwhile goes into both. */
let coming: AlertList | null = new AlertList(KEPT_ALERTS);
let loading: AlertList | null = null;
let again: ReturnType<typeof setTimeout> | undefined;

export const connection = signal<Connection>({ state: "connecting" });
/** How often the connection came back: what could not be loaded without it is asked for again. */
export const reconnects = signal(0);
/** Null until the server has said which there are. */
export const cameras = signal<readonly Camera[] | null>(null);
/** Null until loaded. Newest first. */
export const alerts = signal<readonly Alert[] | null>(null);
/** Whether `alerts` holds every open one: not before they are loaded, nor after some were missed. */
export const complete = signal(false);
/** Erased since this page was loaded: pages of alerts that were fetched before drop them by this. */
export const erased = signal<ReadonlySet<string>>(new Set());
export const version = signal("");

export const connected = computed(() => connection.value.state === "open");
export const openAlerts = computed(() => (alerts.value ?? []).filter(isOpen));
export const unacknowledged = computed(() => openAlerts.value.filter(waits));

/** Open alerts of a camera, the longest open first. */
export const openByCamera = computed(() => {
  const found = new Map<string, Alert[]>();
  for (const alert of openAlerts.value) found.set(alert.camera, [alert, ...(found.get(alert.camera) ?? [])]);
  return found;
});

export function cameraNamed(name: string): Camera | undefined {
  return cameras.value?.find((camera) => camera.name === name);
}

// ---- people in view --------------------------------------------------------------------------------------------------

type FacesListener = (message: FacesMessage) => void;
const watchers = new Map<string, Set<FacesListener>>();
const looks = new Map<string, Signal<FacesMessage | null>>();
const staleTimers = new Map<string, ReturnType<typeof setTimeout>>();

/** The newest look at a camera, null when there is none that still holds. */
export function look(name: string): Signal<FacesMessage | null> {
  let found = looks.get(name);
  if (!found) {
    found = signal(null);
    looks.set(name, found);
  }
  return found;
}

/** Follow the faces of one camera; returns what ends it. The server sends only what somebody follows. */
export function follow(name: string, listener: FacesListener): () => void {
  const set = watchers.get(name) ?? new Set();
  watchers.set(name, set.add(listener));
  socket.watch([...watchers.keys()]);
  return () => {
    set.delete(listener);
    if (set.size === 0) {
      watchers.delete(name);
      forget(name);
    }
    socket.watch([...watchers.keys()]);
  };
}

function forget(name: string): void {
  clearTimeout(staleTimers.get(name));
  look(name).value = null;
}

function takeFaces(message: FacesMessage): void {
  look(message.camera).value = message;
  for (const listener of watchers.get(message.camera) ?? []) listener(message);
  clearTimeout(staleTimers.get(message.camera));
  staleTimers.set(
    message.camera,
    setTimeout(() => forget(message.camera), FACES_STALE_MS),
  );
}

// ---- the connection --------------------------------------------------------------------------------------------------

const address = () => `${window.location.protocol === "https:" ? "wss" : "ws"}://${window.location.host}/api/v1/ws`;

/** All that a page shows of time is by the server's clock; a device's own may be minutes off. */
function byServerClock(lost: Extract<Connection, { state: "lost" }>): Connection {
  const ahead = moment() - Date.now();
  return { ...lost, since: lost.since + ahead, retryAt: lost.retryAt === null ? null : lost.retryAt + ahead };
}

const socket = new LiveSocket(address(), {
  connection(next) {
    if (next.state === "open" && connection.peek().state === "lost") {
      tell(t("connection.back"));
      reconnects.value += 1;
    }
    // A server that could not say what it is when the page was opened can now.
    if (next.state === "open" && !info.peek()) void checkSession();
    // Over a connection that is gone an answer may never come: they are asked for anew.
    if (next.state === "lost") loading = null;
    batch(() => {
      connection.value = next.state === "lost" ? byServerClock(next) : next;
      // A session that ended looks like any other refusal from here: ask.
      if (next.state === "lost" && next.retryAt !== null) void checkSession();
      if (next.state !== "open") for (const name of looks.keys()) forget(name);
    });
  },
  hello(message, gap) {
    batch(() => {
      setServerTime(message.server_time);
      version.value = message.server_version;
      cameras.value = byName(message.cameras);
    });
    if (gap) {
      coming = new AlertList(KEPT_ALERTS);
      complete.value = false;
    }
    needAlerts();
  },
  faces: takeFaces,
  alert(message) {
    coming?.apply(message);
    const fresh = list.apply(message);
    if (message.action === "erased") erased.value = new Set(erased.peek()).add(message.alert.id);
    publish();
    if (message.action === "raised") for (const alert of fresh) announce(alert, message.at);
    if (message.action === "woken" || message.action === "escalated") announce(message.alert, message.at);
  },
  camera(message) {
    const known = (cameras.peek() ?? []).some((camera) => camera.name === message.camera.name);
    // What a camera did before it was removed here may still be on its way: it must not come back for a moment.
    if (message.action === "state" && !known) return;
    const others = (cameras.peek() ?? []).filter((camera) => camera.name !== message.camera.name);
    cameras.value = byName(message.action === "removed" ? others : [...others, message.camera]);
  },
});

export function startHouse(): void {
  socket.start();
  window.addEventListener("online", () => socket.networkChanged(true));
  window.addEventListener("offline", () => socket.networkChanged(false));
  document.addEventListener("visibilitychange", () => !document.hidden && socket.retryNow());
}

const HEALTH_MS = 5_000;

/** Figures change too often for messages; pages that show them ask now and then. */
export function pollHealth(): () => void {
  const ask = async () => {
    if (document.hidden || !connected.peek()) return;
    const found = new Map((await api.cameras()).map((camera) => [camera.name, camera.health]));
    cameras.value = (cameras.peek() ?? []).map((camera) => ({
      ...camera,
      health: found.get(camera.name) ?? camera.health,
    }));
  };
  // A refusal shows elsewhere soon enough: at the connection, or at what the reader does next.
  const timer = setInterval(() => ask().catch(() => undefined), HEALTH_MS);
  return () => clearInterval(timer);
}

export function stopHouse(): void {
  clearTimeout(again);
  socket.stop();
}

export function retryConnection(): void {
  socket.retryNow();
}

function needAlerts(): void {
  clearTimeout(again);
  if (coming && coming !== loading) void loadAlerts(coming);
}

async function everyOne(filter: AlertFilter): Promise<Alert[]> {
  const found: Alert[] = [];
  let cursor: string | null = null;
  do {
    const page = await api.alerts(filter, cursor ?? undefined, 100);
    found.push(...page.alerts);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return found;
}

/** The newest alerts and every open one. */
async function loadAlerts(into: AlertList): Promise<void> {
  loading = into;
  try {
    const [newest, open] = await Promise.all([
      api.alerts({}, undefined, 100),
      everyOne({ state: ["raised", "acknowledged", "snoozed"] }),
    ]);
    for (const found of [newest.alerts, open]) into.add(found);
    // More was missed while these were on their way: they are being loaded by now.
    if (into !== coming) return;
    list = into;
    coming = null;
    publish();
    complete.value = true;
  } catch (error) {
    if (into !== coming) return;
    loading = null;
    // Without a connection the bar says so, and the alerts are loaded when it is back.
    if (!connected.peek()) return;
    tellError(error);
    again = setTimeout(needAlerts, AGAIN_MS);
  }
}

function publish(): void {
  alerts.value = list.list();
}

function announce(alert: Alert, at: string): void {
  // A resumed connection may bring what happened long ago: that is for the eye, not for the ear.
  if (moment() - Date.parse(at) < 30_000) raise(alert);
  say(t("live.feed.said", { kind: t(`kind.${alert.kind}`), camera: alert.camera }));
}

function byName(found: readonly Camera[]): Camera[] {
  return [...found].sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
}

// ---- what the pages do -----------------------------------------------------------------------------------------------

/** Take note of alerts that a page has loaded by itself. */
export function noteAlerts(found: readonly Alert[]): void {
  const known = found.filter((alert) => list.get(alert.id));
  if (known.length === 0) return;
  list.add(known);
  coming?.add(known);
  publish();
}

export async function acknowledge(id: string): Promise<void> {
  try {
    noteAlerts([await api.acknowledge(id)]);
  } catch (error) {
    tellError(error);
  }
}

export async function eraseAlert(id: string): Promise<boolean> {
  try {
    await api.erase(id);
  } catch (error) {
    tellError(error);
    return false;
  }
  list.erase(id);
  coming?.erase(id);
  erased.value = new Set(erased.peek()).add(id);
  publish();
  return true;
}

/** Put in what the server answered before its message about it arrives. */
export function noteCamera(camera: Camera): void {
  const others = (cameras.peek() ?? []).filter((other) => other.name !== camera.name);
  cameras.value = byName([...others, camera]);
}

export function forgetCamera(name: string): void {
  cameras.value = (cameras.peek() ?? []).filter((camera) => camera.name !== name);
}

/** It may be there after all: as it is by now, unless it is truly gone. */
export async function restoreCamera(name: string): Promise<void> {
  try {
    noteCamera(await api.camera(name));
  } catch {
    // Gone, or out of reach: then the server names its cameras once it is back.
  }
}

/** The tab's title: how many open alerts nobody has acknowledged, then the page. */
export function titleOf(page: string): string {
  const count = unacknowledged.value.length;
  return `${count ? `(${count}) ` : ""}${page} · ${t("app.name")}`;
}

export function alertsInWords(n: number): string {
  return counted("live.unacknowledged", n);
}
