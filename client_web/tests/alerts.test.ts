import { describe, expect, it } from "vitest";
import { RESTS } from "../src/state/alert-actions";
import { filterOf, hasFilter, matches, queryOf } from "../src/state/alert-filter";
import { AlertList, merge, waits } from "../src/state/alerts";
import { FeedGate } from "../src/state/feed";
import { gridOrder } from "../src/state/order";
import { alert, camera, event } from "./make";

const CLOSED = { state: "closed", closed_at: "2026-11-24T10:00:10Z", close_reason: "mask_on" } as const;
const SEEN = { state: "acknowledged", acknowledged_at: "2026-11-24T10:00:05Z", acknowledged_by: "rina" } as const;

describe("merging what is known of an alert", () => {
  it("never turns it back, whichever account comes late", () => {
    for (const [first, second] of [
      [alert({ ...CLOSED, event_id: 2 }), alert()],
      [alert(), alert({ ...CLOSED, event_id: 2 })],
    ] as const) {
      expect(merge(first, second)).toMatchObject(CLOSED);
    }
  });

  it("follows it back where it truly goes back: a snooze that ran out, a mark that was taken back", () => {
    const snoozed = alert({ state: "snoozed", snoozed_until: "2026-11-24T10:10:00Z", event_id: 2 });
    const woken = alert({ event_id: 3 });
    expect(merge(snoozed, woken).state).toBe("raised");
    expect(merge(woken, snoozed).state).toBe("raised");
    const marked = alert({ feedback: { wrong: true, truth: null, at: "2026-11-24T10:00:00Z", by: null }, event_id: 4 });
    expect(merge(marked, alert({ event_id: 5 })).feedback).toBeNull();
  });

  it("counts as waiting only what nobody has acknowledged or snoozed", () => {
    expect(waits(alert())).toBe(true);
    for (const change of [SEEN, CLOSED, { state: "snoozed" } as const]) expect(waits(alert(change))).toBe(false);
  });
});

describe("how long a snooze lasts", () => {
  it("ends on the morning after, whatever the hour", () => {
    expect(RESTS.tomorrow(new Date(2026, 10, 30, 23, 59))).toEqual(new Date(2026, 11, 1, 7));
    expect(RESTS.ten(new Date(0)).getTime()).toBe(600_000);
  });
});

describe("the list of alerts", () => {
  it("is newest first, with each alert once", () => {
    const list = new AlertList(10);
    list.add([alert({ id: "old" }), alert({ id: "new", raised_at: "2026-11-24T11:00:00Z" })]);
    expect(list.add([alert({ id: "old" }), alert({ id: "third", raised_at: "2026-11-24T10:30:00Z" })])).toHaveLength(1);
    expect(list.list().map(({ id }) => id)).toEqual(["new", "third", "old"]);
  });

  it("doesn't bring an erased alert back from a page fetched before", () => {
    const list = new AlertList(10);
    list.apply(event(1));
    list.apply(event(1, {}, "erased"));
    list.add([alert({ id: "a1" })]);
    expect(list.list()).toEqual([]);
  });

  it("drops the oldest beyond its limit, but none that is open", () => {
    const list = new AlertList(2);
    const at = (minute: number) => ({ raised_at: `2026-11-24T10:0${minute}:00Z` });
    list.add([alert({ id: "open", ...at(0) })]);
    for (const minute of [1, 2, 3]) list.add([alert({ id: `m${minute}`, ...CLOSED, ...at(minute) })]);
    expect(list.list().map(({ id }) => id)).toEqual(["m3", "m2", "open"]);
  });
});

describe("the feed", () => {
  const some = (...ids: string[]) => ids.map((id) => alert({ id }));

  it("shows new alerts at once while nobody reads, and marks them fresh", () => {
    const gate = new FeedGate(10);
    expect(gate.view(some("a"), false)).toMatchObject({ waiting: 0, fresh: new Set() });
    expect(gate.view(some("b", "a"), false).fresh).toEqual(new Set(["b"]));
  });

  it("keeps new ones back while somebody reads, but shows what changed about the others", () => {
    const gate = new FeedGate(10);
    gate.view(some("a"), false);
    const view = gate.view([...some("c", "b"), alert({ id: "a", ...CLOSED })], true);
    expect(view.waiting).toBe(2);
    expect(view.shown).toMatchObject([{ id: "a", state: "closed" }]);
    expect(gate.view(some("c", "b", "a"), false).fresh).toEqual(new Set(["c", "b"]));
  });
});

describe("the filter of the alerts page", () => {
  it("goes into the address and back", () => {
    const filter = filterOf(
      "?camera=lift&kind=no_mask,incorrect&state=closed&feedback=wrong&escalated=true&since=2026-11-24T00:00:00.000Z&min_confidence=0.9",
    );
    expect(filterOf(queryOf(filter))).toEqual(filter);
    expect(filter.kind).toEqual(["no_mask", "incorrect"]);
    expect(hasFilter(filter)).toBe(true);
    expect(hasFilter(filterOf(""))).toBe(false);
  });

  it("leaves out what makes no sense", () => {
    expect(
      hasFilter(filterOf("?kind=hat&state=&feedback=maybe&escalated=1&since=tomorrow&min_confidence=7&other=1")),
    ).toBe(false);
  });

  it("matches as the server does: from inclusive, until exclusive", () => {
    const at = "2026-11-24T10:00:00Z";
    expect(matches(alert(), filterOf(`?since=${at}`))).toBe(true);
    expect(matches(alert(), filterOf(`?until=${at}`))).toBe(false);
    expect(matches(alert(), filterOf("?camera=lift"))).toBe(false);
    expect(matches(alert(), filterOf("?state=raised,closed"))).toBe(true);
    expect(matches(alert(), filterOf("?state=snoozed"))).toBe(false);
    expect(matches(alert(), filterOf("?feedback=none"))).toBe(true);
    expect(matches(alert(), filterOf("?feedback=wrong"))).toBe(false);
    expect(matches(alert(), filterOf("?escalated=true"))).toBe(false);
    expect(matches(alert({ confidence: 0.9 }), filterOf("?min_confidence=0.9"))).toBe(true);
  });
});

describe("the order of the grid", () => {
  const now = Date.parse("2026-11-24T10:01:00Z");
  const cameras = ["a", "b", "c"].map((name) => camera({ name }));

  it("brings cameras with an open alert to the front, the newest first", () => {
    const alerts = [alert({ camera: "b" }), alert({ camera: "c", raised_at: "2026-11-24T10:00:30Z" })];
    expect(gridOrder(cameras, alerts, now)).toEqual(["c", "b", "a"]);
  });

  it("leaves a camera in front for a while after its alert has closed", () => {
    const closed = (ago: number) => [alert({ camera: "c", ...CLOSED, closed_at: new Date(now - ago).toISOString() })];
    expect(gridOrder(cameras, closed(9_000), now)[0]).toBe("c");
    expect(gridOrder(cameras, closed(11_000), now)[0]).toBe("a");
  });
});
