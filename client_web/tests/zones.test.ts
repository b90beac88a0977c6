import { describe, expect, it } from "vitest";
import { crossesItself, moved, newZone, withCornerAfter, withCornerAt, withoutCorner } from "../src/state/zones";
import type { ZoneSettings } from "../src/wire.gen";

const zone = (points: [number, number][]): ZoneSettings => ({ name: "Door", mode: "include", anchor: "face", points });
const SQUARE = zone([
  [0.2, 0.2],
  [0.6, 0.2],
  [0.6, 0.6],
  [0.2, 0.6],
]);

describe("zones", () => {
  it("are new under a name that is not taken", () => {
    const first = newZone([], (n) => `Zone ${n}`);
    const renamed = { ...first, name: "Zone 2" };
    expect(first.name).toBe("Zone 1");
    expect(newZone([renamed], (n) => `Zone ${n}`).name).toBe("Zone 3");
  });

  it("keep their corners in the picture", () => {
    expect(withCornerAt(SQUARE, 0, [-0.3, 1.7]).points[0]).toEqual([0, 1]);
    expect(withCornerAt(SQUARE, 0, [0.1234567, 0.5]).points[0]).toEqual([0.123, 0.5]);
  });

  it("move as a whole and keep their shape at the edge", () => {
    expect(moved(SQUARE, 0.9, -0.9).points).toEqual([
      [0.6, 0],
      [1, 0],
      [1, 0.4],
      [0.6, 0.4],
    ]);
  });

  it("get a corner in the middle of a side, also of the last one", () => {
    expect(withCornerAfter(SQUARE, 0).points[1]).toEqual([0.4, 0.2]);
    expect(withCornerAfter(SQUARE, 3).points[4]).toEqual([0.2, 0.4]);
  });

  it("lose corners down to three", () => {
    const triangle = withoutCorner(SQUARE, 1);
    expect(triangle.points).toHaveLength(3);
    expect(withoutCorner(triangle, 0)).toBe(triangle);
  });

  it("cross themselves when two corners change places", () => {
    expect(crossesItself(SQUARE)).toBe(false);
    expect(crossesItself(withoutCorner(SQUARE, 1))).toBe(false);
    expect(
      crossesItself(
        zone([
          [0.2, 0.2],
          [0.6, 0.6],
          [0.6, 0.2],
          [0.2, 0.6],
        ]),
      ),
    ).toBe(true);
  });
});
