import { expect, it } from "vitest";
import { Pace } from "../src/live/pace";

/** Looks arrive `judged` ms after their picture does; the picture is shown after the delay that was set. */
function run(pace: Pace, judged: (i: number) => number, looks: number): number {
  let delay = 0;
  for (let i = 0; i < looks; i++) delay = pace.note(judged(i) - delay) ?? delay;
  return delay;
}

it("holds pictures back just until their boxes are there", () => {
  const delay = run(new Pace(), () => 120, 100);
  expect(delay).toBeGreaterThanOrEqual(120);
  expect(delay).toBeLessThanOrEqual(160);
});

it("goes by the slowest of the last looks, and back when they are quicker", () => {
  const pace = new Pace();
  expect(run(pace, (i) => (i % 5 ? 80 : 240), 50)).toBeGreaterThanOrEqual(240);
  const quicker = new Pace();
  let delay = run(quicker, () => 300, 30);
  for (let i = 0; i < 30; i++) delay = quicker.note(60 - delay) ?? delay;
  expect(delay).toBeLessThanOrEqual(120);
});

it("never holds them back longer than is good", () => {
  expect(run(new Pace(), () => 3_000, 100)).toBe(600);
  expect(run(new Pace(), () => -500, 100)).toBe(0);
});
