import { describe, expect, it } from "vitest";
import { lookingOf, takesSubStream, withLooking } from "../src/ui/camera-options";

const ALL = { priority: "high", motion_gate: true, detail: "off", identity: false, sub_url: "/stream2" };
const PLAIN = { priority: "normal", motion_gate: false, detail: true, identity: true, sub_url: "" } as const;

describe("how a camera is looked at", () => {
  it("is read off its options, and as the server takes it where they don't say", () => {
    expect(lookingOf({})).toEqual(PLAIN);
    expect(lookingOf({ priority: "of another version", sub_url: 7, detail: "auto" })).toEqual(PLAIN);
    expect(lookingOf(ALL)).toEqual({ ...ALL, detail: false });
  });

  it("goes back into them as it came, beside what the form doesn't offer", () => {
    const options = { ...ALL, transport: "udp", open_timeout_s: 9 };
    expect(withLooking(options, lookingOf(options))).toEqual(options);
    expect(withLooking(options, PLAIN)).toEqual({ transport: "udp", open_timeout_s: 9 });
    expect(withLooking({}, { ...PLAIN, sub_url: "  /low " })).toEqual({ sub_url: "/low" });
  });
});

it("names a small stream only of cameras whose streams have addresses", () => {
  expect(["rtsp://cam/1", " RTSPS://cam/1"].map(takesSubStream)).toEqual([true, true]);
  expect(["onvif://cam", "webrtc:", "/videos/a.mp4", "http://cam/"].map(takesSubStream)).toEqual(Array(4).fill(false));
});
