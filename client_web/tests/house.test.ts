import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeServer, REFUSED, UNREACHABLE } from "./far-end";
import { alert, camera, event, hello } from "./make";

const NOW = "2026-11-24T10:00:00Z";
const CLOSED = { state: "closed", closed_at: NOW, close_reason: "mask_on" } as const;

/** The page's state, new for each test, with a server that has the alerts `stored`. */
async function setUp(...stored: ReturnType<typeof alert>[]) {
  vi.resetModules();
  const server = new FakeServer();
  const house = await import("../src/state/house");
  const { switchLanguage } = await import("../src/i18n");
  const { moment } = await import("../src/state/clock");
  await switchLanguage("en");
  const load = () => ({ alerts: stored, next_cursor: null });
  server.answers["GET /alerts"] = load;
  server.answers["GET /info"] = () => ({ version: "0", login_needed: false, user: null, service: null });
  house.startHouse();
  ended.push(house.stopHouse);
  const shown = () => house.alerts.peek()?.map(({ id }) => id);
  const settled = () => vi.advanceTimersByTimeAsync(0);
  return { server, house, load, shown, settled, moment };
}

const ended: (() => void)[] = [];
beforeEach(() => void vi.useFakeTimers({ now: Date.parse(NOW) }));
afterEach(() => {
  for (const end of ended.splice(0)) end();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("the alerts of the page", () => {
  it("are asked for again when they could not be loaded, and are not taken for none until then", async () => {
    const { server, house, load, shown, settled } = await setUp(alert({ id: "a1" }), alert({ id: "a2" }));
    server.answers["GET /alerts"] = REFUSED;
    server.newest.says(hello({ last_event_id: 2 }), hello({ last_event_id: 2 }), event(3));
    await settled();
    expect(house.complete.peek()).toBe(false);
    server.answers["GET /alerts"] = load;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(house.complete.peek()).toBe(true);
    expect(shown()).toEqual(["a3", "a2", "a1"]);
  });

  it("stay until those after a gap are loaded, however often that fails", async () => {
    const { server, house, load, shown, settled } = await setUp(alert({ id: "a1" }));
    server.newest.says(hello({ last_event_id: 1 }), hello({ last_event_id: 1 }));
    await settled();
    server.newest.hangsUp();
    server.answers["GET /alerts"] = UNREACHABLE;
    await vi.advanceTimersByTimeAsync(1_000);
    server.newest.says(hello({ last_event_id: 9 }), hello({ last_event_id: 9, resumed: false }));
    await settled();
    server.newest.says(event(10));
    expect(shown()).toEqual(["a10", "a1"]);
    server.newest.hangsUp();
    server.answers["GET /alerts"] = load;
    await vi.advanceTimersByTimeAsync(1_000);
    server.newest.says(hello({ last_event_id: 10 }), hello({ last_event_id: 10, resumed: true }));
    await settled();
    expect(house.complete.peek()).toBe(true);
    expect(shown()).toEqual(["a10", "a1"]);
  });

  it("follow what somebody does to one that is older than all that are kept", async () => {
    const at = (minute: number) => ({ raised_at: new Date(Date.parse(NOW) + minute * 60_000).toISOString() });
    const { server, house, settled } = await setUp(alert({ id: "old", ...CLOSED }));
    server.newest.says(hello({ last_event_id: 1 }), hello({ last_event_id: 1 }));
    await settled();
    for (let n = 2; n < 250; n++) server.newest.says(event(n, { ...CLOSED, ...at(n) }, "closed"));
    expect(house.alerts.peek()).toHaveLength(200);
    server.newest.says(event(250, { id: "old", ...CLOSED, acknowledged_at: NOW }, "acknowledged"));
    expect(house.alerts.peek()?.find(({ id }) => id === "old")?.acknowledged_at).toBe(NOW);
  });
});

it("has every open alert, however many there are", async () => {
  const open = Array.from({ length: 250 }, (_, n) => alert({ id: `a${n}` }));
  const { server, house, settled } = await setUp();
  server.answers["GET /alerts"] = (query) => {
    const from = Number(query.get("cursor") ?? 0);
    const found = open.slice(from, from + Number(query.get("limit")));
    return { alerts: found, next_cursor: from + found.length < open.length ? String(from + found.length) : null };
  };
  server.newest.says(hello(), hello());
  await settled();
  expect(house.openAlerts.peek()).toHaveLength(250);
});

describe("a camera that could not be removed", () => {
  it("comes back as it is by then", async () => {
    const { server, house, settled } = await setUp();
    server.newest.says(hello(), hello({ cameras: [camera()] }));
    await settled();
    house.forgetCamera("entrance");
    // What is said of it meanwhile can't be shown, as it is gone here.
    server.newest.says({ v: 1, type: "camera", action: "state", camera: camera({ state: "offline" }) });
    server.answers["GET /cameras/entrance"] = () => camera({ state: "offline" });
    await house.restoreCamera("entrance");
    expect(house.cameraNamed("entrance")?.state).toBe("offline");
  });

  it("stays away when somebody else has removed it", async () => {
    const { server, house } = await setUp();
    server.newest.says(hello(), hello({ cameras: [camera()] }));
    house.forgetCamera("entrance");
    await house.restoreCamera("entrance");
    expect(house.cameraNamed("entrance")).toBeUndefined();
  });
});

describe("a device whose clock is wrong", () => {
  it("counts down to the next try, and snoozes, by the server's", async () => {
    const { server, house, settled, moment } = await setUp(alert());
    vi.setSystemTime(Date.parse(NOW) - 15 * 60_000);
    server.newest.says(hello({ server_time: NOW }), hello({ server_time: NOW }));
    await settled();
    const { snooze } = await import("../src/state/alert-actions");
    let until = "";
    vi.stubGlobal("fetch", async (_path: string, { body }: { body: string }) => {
      until = JSON.parse(body).until;
      return Response.json(alert());
    });
    await snooze("a1", "ten");
    expect(until).toBe("2026-11-24T10:10:00.000Z");
    server.newest.hangsUp();
    const lost = house.connection.peek();
    if (lost.state !== "lost" || lost.retryAt === null) throw new Error("not lost");
    expect(lost.since).toBe(moment());
    expect(lost.retryAt - moment()).toBeGreaterThan(0);
    expect(lost.retryAt - moment()).toBeLessThan(1_000);
  });
});

it("asks again what the server is when that was not known from the beginning", async () => {
  const { server, settled } = await setUp();
  const { info } = await import("../src/state/session");
  server.newest.says(hello(), hello());
  await settled();
  expect(info.peek()?.version).toBe("0");
});
