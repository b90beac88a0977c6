import { describe, expect, it, vi } from "vitest";
import { FacesBuffer, mediaTicks, ticksBetween } from "../src/live/faces";
import { faces } from "./make";

const FRAME = 6_000; // 15 pictures a second on a clock of 90 kHz

describe("the media clock", () => {
  it("counts on across the end of 32 bits", () => {
    expect(ticksBetween(5, 0xffff_fffb)).toBe(10);
    expect(ticksBetween(0xffff_fffb, 5)).toBe(-10);
    expect(mediaTicks(100, 0xffff_ff9c)).toBe(200);
    expect(mediaTicks(0xffff_ffff, 0)).toBe(0xffff_ffff);
    expect(mediaTicks(0, 1)).toBe(0xffff_ffff);
  });
});

describe("pairing looks with pictures", () => {
  function buffer(...ticks: number[]): FacesBuffer {
    const made = new FacesBuffer();
    for (const [sequence, media_ticks] of ticks.entries()) made.push(faces({ sequence, media_ticks }));
    return made;
  }

  it("gives the look at that very picture", () => {
    expect(buffer(0, 3 * FRAME, 6 * FRAME).atTicks(3 * FRAME)?.sequence).toBe(1);
  });

  it("gives the newest look before the picture, never one after it", () => {
    const made = buffer(0, 3 * FRAME, 6 * FRAME);
    expect(made.atTicks(5 * FRAME)?.sequence).toBe(1);
    expect(made.atTicks(6 * FRAME - 1)?.sequence).toBe(1);
  });

  it("gives nothing once the look is too old, and nothing before the first", () => {
    const made = buffer(100);
    expect(made.atTicks(100 + 0.6 * 90_000)?.sequence).toBe(0);
    expect(made.atTicks(100 + 0.6 * 90_000 + 1)).toBeNull();
    expect(made.atTicks(99)).toBeNull();
  });

  it("goes on where the clock starts again at 0", () => {
    const made = buffer(0xffff_ffff - FRAME, 2 * FRAME - 1);
    expect(made.atTicks(FRAME - 1)?.sequence).toBe(0);
    expect(made.atTicks(3 * FRAME)?.sequence).toBe(1);
  });

  it("forgets what came before a camera was opened again", () => {
    const made = new FacesBuffer();
    made.push(faces({ sequence: 900, media_ticks: 50_000 }));
    made.push(faces({ sequence: 1, media_ticks: 60_000 }));
    expect(made.atTicks(59_000)).toBeNull();
  });

  it("takes the newest look of a camera without a media clock, as long as it is fresh", () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const made = new FacesBuffer();
    made.push(faces({ sequence: 1, media_ticks: null }));
    made.push(faces({ sequence: 2, media_ticks: null }));
    expect(made.atTicks(2_000)?.sequence).toBe(2);
    vi.advanceTimersByTime(700);
    expect(made.atTicks(2_000)).toBeNull();
    vi.useRealTimers();
  });

  it("finds the look nearest in time to a still picture, within a quarter of a second", () => {
    const made = new FacesBuffer();
    made.push(faces({ sequence: 1, captured_at: "2026-11-24T10:00:00.000Z" }));
    made.push(faces({ sequence: 2, captured_at: "2026-11-24T10:00:00.200Z" }));
    const at = (iso: string) => made.nearTime(Date.parse(iso))?.sequence;
    expect(at("2026-11-24T10:00:00.090Z")).toBe(1);
    expect(at("2026-11-24T10:00:00.120Z")).toBe(2);
    expect(at("2026-11-24T10:00:00.500Z")).toBeUndefined();
  });

  it("keeps only so many looks", () => {
    const made = buffer(...Array.from({ length: 100 }, (_, i) => i));
    expect(made.atTicks(10)).toBeNull();
    expect(made.atTicks(99)?.sequence).toBe(99);
  });
});
