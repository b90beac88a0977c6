import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { switchLanguage } from "../src/i18n";
import { ByDiscovery } from "../src/pages/add-found";
import { useAdding } from "../src/pages/adding";
import { AlertsPage } from "../src/pages/alerts";
import { CameraPage } from "../src/pages/camera";
import { LivePage } from "../src/pages/live";
import { SettingsPage } from "../src/pages/settings";
import { alerts, cameras, complete, connection, erased, reconnects } from "../src/state/house";
import { notices, say } from "../src/state/notices";
import { sound } from "../src/state/preferences";
import { subscribe } from "../src/state/push";
import { go, route } from "../src/state/router";
import { Judge } from "../src/ui/alert-judge";
import { AlertRow } from "../src/ui/alert-row";
import { Notices } from "../src/ui/basics";
import { lazy } from "../src/ui/lazy";
import { Notifiers } from "../src/ui/notifiers";
import type { Notifier } from "../src/wire.gen";
import { FakeServer, REFUSED, UNREACHABLE } from "./far-end";
import { alert, camera } from "./make";
import { button, done, find, mount, type, unmountAll } from "./mount";

const CLOSED = { state: "closed", closed_at: "2026-11-24T10:00:10Z", close_reason: "mask_on" } as const;
const page = (...found: ReturnType<typeof alert>[]) => ({ alerts: found, next_cursor: null });
const said = () => notices.value.map(({ text }) => text);

let server: FakeServer;
beforeEach(async () => {
  await switchLanguage("en");
  server = new FakeServer();
  connection.value = { state: "open" };
  complete.value = true;
  cameras.value = [];
  alerts.value = [];
  erased.value = new Set();
  notices.value = [];
  go("/");
});
afterEach(() => {
  unmountAll();
  vi.unstubAllGlobals();
});

const rows = (root: Element) => [...root.querySelectorAll<HTMLElement>(".alert-row")].map((row) => row.dataset.alert);

describe("the page of alerts", () => {
  it("is loaded when the connection is back, if it was opened without one", async () => {
    server.answers["GET /alerts"] = UNREACHABLE;
    const { root } = await mount(() => <AlertsPage id={null} />);
    await done(() => undefined);
    expect(root.textContent).toContain("Loading");
    server.answers["GET /alerts"] = () => page(alert());
    await done(() => {
      reconnects.value += 1;
    });
    expect(rows(root)).toEqual(["a1"]);
  });

  it("lists an older alert that matches its filter by now, in its place", async () => {
    go("/alerts?state=raised");
    const at = (minute: number) => ({ raised_at: `2026-11-24T10:0${minute}:00Z` });
    server.answers["GET /alerts"] = () => page(alert({ id: "c", ...at(3) }), alert({ id: "a", ...at(1) }));
    const { root } = await mount(() => <AlertsPage id={null} />);
    await done(() => {
      alerts.value = [alert({ id: "d", ...at(4) }), alert({ id: "b", ...at(2), event_id: 9 })];
    });
    expect(rows(root)).toEqual(["d", "c", "b", "a"]);
  });

  it("lets a day be typed, of which a browser tells each digit", async () => {
    go("/alerts?since=2026-11-01T00:00:00.000Z");
    server.answers["GET /alerts"] = () => page();
    const { root, draw } = await mount(() => <AlertsPage id={null} />);
    const input = find<HTMLInputElement>(root, 'input[type="date"]');
    for (const value of ["0002-11-24", "0020-11-24", "0202-11-24", "2025-11-24"]) {
      await type(input, value);
      await draw();
      expect(input.value).toBe(value);
    }
    const since = new URLSearchParams(window.location.search).get("since");
    expect(since).toBe(new Date(2025, 10, 24).toISOString());
  });
});

describe("an alert that is erased", () => {
  it("leaves whoever reads another by then where they are", async () => {
    let answer = () => {};
    server.answers["GET /alerts"] = () => page();
    server.answers["GET /alerts/a1"] = () => alert();
    server.answers["GET /alerts/a1/history"] = () => ({ events: [] });
    server.answers["DELETE /alerts/a1"] = () =>
      new Promise((resolve) => {
        answer = () => resolve({});
      });
    go("/alerts/a1");
    const { root } = await mount(() => <AlertsPage id="a1" />);
    await done(() => undefined);
    await done(() => button(root, "Erase").click());
    await done(() => find<HTMLButtonElement>(root, "dialog .danger").click());
    go("/alerts/a2");
    await done(answer);
    expect(route.value).toEqual({ page: "alerts", id: "a2" });
    expect(said()).toEqual(["The alert is erased."]);
  });
});

describe("a page whose code can't be fetched", () => {
  it("offers to load it all again", async () => {
    const Page = lazy<object>(() => Promise.reject(new TypeError("Failed to fetch dynamically imported module")));
    const { root } = await mount(() => <Page />);
    await done(() => undefined);
    expect(button(root, "Reload")).toBeTruthy();
  });
});

describe("a camera's page", () => {
  it("doesn't list an alert that is erased by now", async () => {
    cameras.value = [camera({ state: "offline" })];
    alerts.value = [alert(CLOSED)];
    server.answers["GET /alerts"] = () => page(alert(CLOSED));
    const { root } = await mount(() => <CameraPage name="entrance" />);
    await done(() => undefined);
    expect(rows(root)).toEqual(["a1"]);
    await done(() => {
      alerts.value = [];
      erased.value = new Set(["a1"]);
    });
    expect(rows(root)).toEqual([]);
  });
});

describe("the live page", () => {
  const answers = (root: Element) => [...root.querySelectorAll(".answer-title")].map((title) => title.textContent);

  it("doesn't say that there is nobody before it knows who was there already", async () => {
    cameras.value = [camera({ state: "online" })];
    complete.value = false;
    const { root } = await mount(() => <LivePage />);
    expect(answers(root)[0]).toBe("Loading…");
    await done(() => {
      complete.value = true;
    });
    expect(answers(root)[0]).toBe("Nobody without a mask");
  });

  it("says that nobody watches when all cameras are paused", async () => {
    cameras.value = [camera({ state: "disabled", enabled: false })];
    const { root } = await mount(() => <LivePage />);
    expect(answers(root).slice(0, 2)).toEqual(["No camera is watching", "No camera is watching"]);
  });
});

describe("what a screen reader is told", () => {
  it("is told again when the same happens again", async () => {
    const { root } = await mount(() => <Notices />);
    await done(() => say("No mask: entrance"));
    const before = find(root, "[aria-live]").firstChild;
    await done(() => say("No mask: entrance"));
    expect(find(root, "[aria-live]").firstChild).not.toBe(before);
    expect(root.textContent).toBe("No mask: entrance");
  });
});

describe("an alert that is acknowledged by keyboard", () => {
  it("keeps the focus though its button goes", async () => {
    server.answers["POST /alerts/a1/acknowledge"] = () => alert();
    const { root } = await mount(() => <AlertRow alert={alert()} />);
    const acknowledge = find<HTMLButtonElement>(root, "button");
    acknowledge.focus();
    await done(() => acknowledge.click());
    expect(document.activeElement).toBe(find(root, ".row-link"));
  });
});

describe("a judgement that the server refused", () => {
  it("is taken back", async () => {
    server.answers["PUT /alerts/a1/feedback"] = REFUSED;
    const feedback = { wrong: true, truth: null, at: "2026-11-24T10:00:00Z", by: null };
    const { root } = await mount(() => <Judge alert={alert({ feedback })} />);
    const choice = find<HTMLInputElement>(root, 'input[value="mask"]');
    await done(() => choice.click());
    expect(server.requests).toEqual(["PUT /alerts/a1/feedback"]);
    expect(choice.checked).toBe(false);
  });
});

describe("the targets of notices", () => {
  const target: Notifier = {
    name: "night",
    type: "webhook",
    enabled: true,
    fixed: false,
    options: {},
    cameras: [],
    kinds: [],
    actions: ["raised"],
    min_severity: "info",
    with_pictures: true,
    trouble: null,
    state: {
      success_at: null,
      attempt_at: null,
      error: null,
      waiting: 0,
      oldest_waiting_s: 0,
      dead: 0,
    } as unknown as Notifier["state"],
  } as Notifier;

  it("are not said to be removed when they were not", async () => {
    server.answers["GET /notifiers"] = () => [target];
    server.answers["GET /notifiers/types"] = () => [];
    server.answers["DELETE /notifiers/night"] = REFUSED;
    const { root } = await mount(() => <Notifiers />);
    await done(() => undefined);
    await done(() => button(root, "Remove").click());
    await done(() => find<HTMLButtonElement>(root, "dialog .danger").click());
    expect(server.requests).toContain("DELETE /notifiers/night");
    expect(said()).toEqual(["That didn't work. The server answered with 503."]);
  });

  it("replace what this browser subscribed to with another key", async () => {
    let old: { unsubscribe: () => Promise<boolean> } | null = {
      unsubscribe: async () => {
        old = null;
        return true;
      },
    };
    const pushManager = {
      getSubscription: async () => old,
      // As browsers do while there is a subscription with another key.
      subscribe: async () => {
        if (old) throw new DOMException("", "InvalidStateError");
        return { toJSON: () => ({ endpoint: "https://push.example/1", keys: { p256dh: "p", auth: "a" } }) };
      },
    };
    vi.stubGlobal("isSecureContext", true);
    vi.stubGlobal("PushManager", class {});
    vi.stubGlobal("Notification", { requestPermission: async () => "granted" });
    vi.stubGlobal("navigator", {
      userAgent: "",
      serviceWorker: { register: async () => ({ pushManager }), ready: Promise.resolve() },
    });
    server.answers["GET /notifiers/push-key"] = () => ({ key: "k" });
    server.answers["POST /notifiers"] = () => target;
    expect(await subscribe()).toBeNull();
  });
});

it("is silenced in all tabs at once", () => {
  sound.value = "on";
  window.dispatchEvent(new StorageEvent("storage", { key: "maskwatch.sound", newValue: "off" }));
  expect(sound.value).toBe("off");
});

describe("signing out", () => {
  it("says so when the server is out of reach", async () => {
    const { info } = await import("../src/state/session");
    info.value = { version: "0", login_needed: false, user: "rina", service: null } as unknown as typeof info.value;
    server.answers["DELETE /session"] = UNREACHABLE;
    server.answers["GET /users"] = () => [];
    server.answers["GET /notifiers"] = () => [];
    server.answers["GET /notifiers/types"] = () => [];
    const { root } = await mount(() => <SettingsPage />);
    await done(() => button(root, "Sign out").click());
    expect(said()).toEqual(["The server can't be reached. Is it running?"]);
    info.value = null;
  });
});

describe("adding a camera", () => {
  it("leaves whoever has gone on where they are", async () => {
    let answer = (_camera: unknown) => {};
    server.answers["POST /cameras"] = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    go("/add");
    let adding: ReturnType<typeof useAdding> | undefined;
    function Form() {
      adding = useAdding();
      return null;
    }
    await mount(() => <Form />);
    await done(() => void adding?.save("ward", { url: "rtsp://ward/", options: {} }));
    go("/alerts");
    await done(() => answer(camera({ name: "ward" })));
    expect(route.value.page).toBe("alerts");
    expect(said()).toEqual(["ward is added."]);
  });

  it("drops an answer about a password that was changed meanwhile", async () => {
    let answer = (_streams: unknown) => {};
    server.answers["POST /discovery"] = () => ({
      cameras: [{ host: "10.0.0.9", port: 80, name: "Lobby", model: "" }],
    });
    server.answers["POST /discovery/streams"] = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    const { root } = await mount(() => <ByDiscovery />);
    await done(() => undefined);
    await type(find(root, "#password"), "first");
    await done(() => find(root, "form").dispatchEvent(new Event("submit", { bubbles: true, cancelable: true })));
    await type(find(root, "#password"), "second");
    await done(() => answer({ streams: [{ name: "main", main: true, sub: false, codec: "h264", fps: 15 }] }));
    expect(server.requests).not.toContain("POST /cameras/test");
    expect(root.textContent).not.toContain("Which stream");
  });
});

describe("a notice that is clicked", () => {
  it("never takes the page away that sends this device's camera", async () => {
    const origin = "https://house.example";
    const went: string[] = [];
    const pageAt = (path: string) => ({
      url: origin + path,
      focus: async () => undefined,
      navigate: async (to: string) => void went.push(`${path} -> ${to}`),
    });
    const pages = [pageAt("/publish/phone"), pageAt("/settings")];
    const listeners: Record<string, (event: object) => void> = {};
    const worker = {
      addEventListener: (name: string, listener: (event: object) => void) => {
        listeners[name] = listener;
      },
      location: { origin },
      clients: { matchAll: async () => pages, openWindow: async (to: string) => void went.push(`new -> ${to}`) },
    };
    new Function("self", readFileSync("public/sw.js", "utf8"))(worker);
    const click = async () => {
      let end: Promise<unknown> | undefined;
      listeners.notificationclick?.({
        notification: { close: () => undefined, data: { path: "/alerts/a1" } },
        waitUntil: (work: Promise<unknown>) => {
          end = work;
        },
      });
      await end;
    };
    await click();
    pages.pop();
    await click();
    expect(went).toEqual([`/settings -> ${origin}/alerts/a1`, `new -> ${origin}/alerts/a1`]);
  });
});
