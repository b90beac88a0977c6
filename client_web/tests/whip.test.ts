import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Publisher, type PublishState } from "../src/live/whip";

/** A camera of the device, which films until it is stopped. */
class FakeTrack {
  readyState = "live";
  contentHint = "";
  onended: (() => void) | null = null;
  stop(): void {
    this.readyState = "ended";
  }
}

/** What the device's cameras were asked for; the test answers when it likes. */
class Cameras {
  readonly asked: ((track: FakeTrack) => Promise<void>)[] = [];
  getUserMedia = () =>
    new Promise<MediaStream>((resolve) => {
      this.asked.push(async (track) => {
        const stream = { getTracks: () => [track], getVideoTracks: () => [track] };
        resolve(stream as unknown as MediaStream);
        await vi.advanceTimersByTimeAsync(0);
      });
    });
}

/** A peer whose offer is ready at once and which never connects. */
class FakePeer extends EventTarget {
  static all: FakePeer[] = [];
  connectionState = "new";
  iceGatheringState = "complete";
  localDescription = { sdp: "v=0" };
  onconnectionstatechange: (() => void) | null = null;
  sent: FakeTrack[] = [];
  constructor() {
    super();
    FakePeer.all.push(this);
  }
  addTransceiver(track: FakeTrack) {
    this.sent.push(track);
    return {};
  }
  getSenders = () => this.sent.map(() => ({ replaceTrack: async () => undefined }));
  createOffer = async () => ({});
  setLocalDescription = async () => undefined;
  async setRemoteDescription(): Promise<void> {}
  becomes(state: string): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }
  close(): void {
    this.connectionState = "closed";
  }
}

function setUp(answer: (url: string, init: RequestInit) => Promise<Response>) {
  const cameras = new Cameras();
  vi.stubGlobal("navigator", { mediaDevices: cameras });
  vi.stubGlobal("RTCPeerConnection", FakePeer);
  vi.stubGlobal("RTCRtpSender", { getCapabilities: () => null });
  const requests: string[] = [];
  vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
    requests.push(`${init.method} ${url}`);
    const aborted = new Promise<never>((_, reject) =>
      init.signal?.addEventListener("abort", () => reject(init.signal?.reason)),
    );
    return Promise.race([answer(url, init), aborted]);
  });
  const states: PublishState["is"][] = [];
  const publisher = new Publisher(
    "/phone/whip",
    null,
    () => [],
    (state) => states.push(state.is),
  );
  return { publisher, cameras, states, requests };
}

const never = () => new Promise<Response>(() => undefined);

beforeEach(() => {
  vi.useFakeTimers();
  FakePeer.all = [];
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("a phone as a camera", () => {
  it("sends nothing when it was stopped while the browser still asked for leave", async () => {
    const { publisher, cameras, states, requests } = setUp(never);
    void publisher.start({});
    publisher.stop();
    const track = new FakeTrack();
    await cameras.asked[0]?.(track);
    expect(track.readyState).toBe("ended");
    expect(states.at(-1)).toBe("stopped");
    expect(requests).toEqual([]);
    expect(FakePeer.all).toEqual([]);
  });

  it("films with the camera chosen last only, in whatever order they open", async () => {
    const { publisher, cameras } = setUp(never);
    void publisher.start({});
    const [first, second, third] = [new FakeTrack(), new FakeTrack(), new FakeTrack()];
    await cameras.asked[0]?.(first);
    void publisher.choose({ deviceId: "second" });
    void publisher.choose({ deviceId: "third" });
    await cameras.asked[2]?.(third);
    await cameras.asked[1]?.(second);
    expect([first, second, third].map((track) => track.readyState)).toEqual(["ended", "ended", "live"]);
    publisher.stop();
    expect(third.readyState).toBe("ended");
  });

  it("tries again though its goodbye to a connection that died is not answered", async () => {
    const { publisher, cameras, requests } = setUp(async (_url, { method }) =>
      method === "POST" ? new Response("v=0", { headers: { Location: "/phone/whip/1" } }) : never(),
    );
    void publisher.start({});
    await cameras.asked[0]?.(new FakeTrack());
    FakePeer.all[0]?.becomes("failed");
    await vi.advanceTimersByTimeAsync(8_000);
    expect(requests).toEqual(["POST /phone/whip", "DELETE /phone/whip/1", "POST /phone/whip"]);
    publisher.stop();
  });

  it("takes leave of the server when it is stopped while the answer is being taken", async () => {
    const { publisher, cameras, requests } = setUp(
      async () => new Response("v=0", { headers: { Location: "/phone/whip/1" } }),
    );
    // As browsers do with a peer that is closed before it has taken its answer.
    vi.spyOn(FakePeer.prototype, "setRemoteDescription").mockReturnValue(new Promise(() => undefined));
    void publisher.start({});
    await cameras.asked[0]?.(new FakeTrack());
    publisher.stop();
    expect(requests).toEqual(["POST /phone/whip", "DELETE /phone/whip/1"]);
  });

  it("tries again when the server doesn't answer at all", async () => {
    const { publisher, cameras, states, requests } = setUp(never);
    void publisher.start({});
    await cameras.asked[0]?.(new FakeTrack());
    expect(requests).toEqual(["POST /phone/whip"]);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(states).toContain("lost");
    expect(requests.length).toBeGreaterThan(1);
    publisher.stop();
  });
});
