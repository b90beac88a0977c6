import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Connection, type Listener, LiveSocket } from "../src/live/socket";
import type { AlertMessage, FacesMessage, HelloMessage } from "../src/wire.gen";
import { FarEnd } from "./far-end";
import { event, faces, hello } from "./make";

class Ear implements Listener {
  hellos: { message: HelloMessage; gap: boolean }[] = [];
  alerts: number[] = [];
  seen: FacesMessage[] = [];
  connections: Connection[] = [];
  hello = (message: HelloMessage, gap: boolean) => void this.hellos.push({ message, gap });
  faces = (message: FacesMessage) => void this.seen.push(message);
  alert = (message: AlertMessage) => void this.alerts.push(message.event_id);
  camera = () => undefined;
  connection = (connection: Connection) => void this.connections.push(connection);
}

function setUp() {
  const ends: FarEnd[] = [];
  const ear = new Ear();
  const socket = new LiveSocket("ws://house/api/v1/ws", ear, () => {
    const end = new FarEnd();
    ends.push(end);
    return end as unknown as WebSocket;
  });
  const newest = () => {
    const end = ends.at(-1);
    if (!end) throw new Error("not connected");
    return end;
  };
  return { socket, ear, ends, newest };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("the websocket", () => {
  it("subscribes after the greeting, without an id the first time", () => {
    const { socket, ear, newest } = setUp();
    socket.watch(["b", "a"]);
    socket.start();
    newest().says(hello({ last_event_id: 7 }));
    expect(newest().sent).toEqual([{ v: 1, type: "subscribe", cameras: ["a", "b"] }]);
    newest().says(hello({ last_event_id: 7 }));
    expect(ear.connections.at(-1)).toEqual({ state: "open" });
    expect(ear.hellos).toEqual([{ message: hello({ last_event_id: 7 }), gap: false }]);
  });

  it("resumes after the last event it saw, and loses and repeats none", () => {
    const { socket, ear, ends, newest } = setUp();
    socket.start();
    newest().says(hello({ last_event_id: 10 }), hello({ last_event_id: 10 }), event(11), event(12));
    newest().hangsUp();
    vi.advanceTimersByTime(1_000);
    expect(ends).toHaveLength(2);
    newest().says(hello({ last_event_id: 15 }));
    expect(newest().sent[0]?.resume_from).toBe(12);
    // An event that comes before the answer would hide 13 and 14: it is told again after them.
    newest().says(event(15), hello({ last_event_id: 15, resumed: true }), event(13), event(14), event(15), event(15));
    expect(ear.alerts).toEqual([11, 12, 13, 14, 15]);
    expect(ear.hellos.at(-1)?.gap).toBe(false);
  });

  it("says so when the missed events can't be had any more", () => {
    const { socket, ear, newest } = setUp();
    socket.start();
    newest().says(hello({ last_event_id: 10 }), hello({ last_event_id: 10 }));
    newest().hangsUp();
    vi.advanceTimersByTime(1_000);
    newest().says(hello({ last_event_id: 3 }), hello({ last_event_id: 3, resumed: false }));
    expect(ear.hellos.at(-1)?.gap).toBe(true);
    newest().says(event(4));
    expect(ear.alerts).toEqual([4]);
  });

  it("says at once that the connection is lost, and when it is tried again", () => {
    const { socket, ear, newest } = setUp();
    socket.start();
    newest().says(hello(), hello());
    newest().hangsUp();
    const lost = ear.connections.at(-1);
    expect(lost?.state).toBe("lost");
    expect(lost?.state === "lost" && lost.retryAt && lost.retryAt - Date.now()).toBeGreaterThan(0);
  });

  it("tries less and less often, but at least every 13 s, and at once when asked", () => {
    const { socket, ends, newest } = setUp();
    socket.start();
    const waits: number[] = [];
    for (let i = 0; i < 10; i++) {
      const at = Date.now();
      const before = ends.length;
      newest().hangsUp();
      while (ends.length === before) vi.advanceTimersByTime(50);
      waits.push(Date.now() - at);
    }
    expect(waits[0]).toBeLessThan(700);
    expect(Math.max(...waits)).toBeLessThanOrEqual(12_600);
    newest().hangsUp();
    const before = ends.length;
    socket.retryNow();
    expect(ends.length).toBe(before + 1);
  });

  it("asks a silent server whether it is there, and lets go of one that doesn't answer", () => {
    const { socket, ear, newest } = setUp();
    socket.start();
    newest().says(hello(), hello());
    const silent = newest();
    vi.advanceTimersByTime(8_000);
    expect(silent.sent).toHaveLength(2);
    silent.says(hello());
    vi.advanceTimersByTime(5_000);
    expect(ear.connections.at(-1)?.state).toBe("open");
    vi.advanceTimersByTime(8_000);
    expect(silent.closed).toBe(true);
    expect(ear.connections.at(-1)?.state).toBe("lost");
  });

  it("does not ask for missed events when only the cameras in view change", () => {
    const { socket, ear, newest } = setUp();
    socket.watch(["a"]);
    socket.start();
    newest().says(hello(), hello());
    socket.watch(["a", "b"]);
    socket.watch(["a", "b", "c"]);
    vi.advanceTimersByTime(200);
    expect(newest().sent.slice(1)).toEqual([{ v: 1, type: "subscribe", cameras: ["a", "b", "c"] }]);
    newest().says(hello({ resumed: false, last_event_id: 3 }));
    expect(ear.hellos.at(-1)?.gap).toBe(false);
  });

  it("passes faces on, and goes offline and online with the machine", () => {
    const { socket, ear, ends, newest } = setUp();
    socket.start();
    newest().says(hello(), hello(), faces({ sequence: 5 }));
    expect(ear.seen.map((look) => look.sequence)).toEqual([5]);
    socket.networkChanged(false);
    expect(ear.connections.at(-1)?.state).toBe("lost");
    socket.networkChanged(true);
    expect(ends).toHaveLength(2);
  });

  it("stays quiet once stopped", () => {
    const { socket, ends, newest } = setUp();
    socket.start();
    newest().says(hello(), hello());
    socket.stop();
    vi.advanceTimersByTime(60_000);
    expect(ends).toHaveLength(1);
  });
});
