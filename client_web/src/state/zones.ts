import type { ZoneSettings } from "../wire.gen";

export type Point = [number, number];

/** Zones need three corners at least. */
export const FEWEST_CORNERS = 3;

/** A new zone in the middle of the picture, under a name that is not taken. */
export function newZone(zones: readonly ZoneSettings[], name: (n: number) => string): ZoneSettings {
  const taken = new Set(zones.map((zone) => zone.name));
  let n = zones.length + 1;
  while (taken.has(name(n))) n += 1;
  return {
    name: name(n),
    mode: "include",
    anchor: "face",
    points: [
      [0.3, 0.3],
      [0.7, 0.3],
      [0.7, 0.7],
      [0.3, 0.7],
    ],
  };
}

const round = (value: number) => Math.round(Math.min(1, Math.max(0, value)) * 1000) / 1000;

/** `zone` with a corner moved; it stays in the picture. */
export function withCornerAt(zone: ZoneSettings, index: number, [x, y]: Point): ZoneSettings {
  const points = zone.points.map((point, at) => (at === index ? ([round(x), round(y)] as Point) : point));
  return { ...zone, points };
}

/** `zone` moved as a whole, no further than the picture's edge. */
export function moved(zone: ZoneSettings, dx: number, dy: number): ZoneSettings {
  const xs = zone.points.map(([x]) => x);
  const ys = zone.points.map(([, y]) => y);
  const right = Math.min(1 - Math.max(...xs), Math.max(-Math.min(...xs), dx));
  const down = Math.min(1 - Math.max(...ys), Math.max(-Math.min(...ys), dy));
  return { ...zone, points: zone.points.map(([x, y]) => [round(x + right), round(y + down)] as Point) };
}

/** `zone` with a corner more, in the middle of the side after corner `index`. */
export function withCornerAfter(zone: ZoneSettings, index: number): ZoneSettings {
  const corner = middleAfter(zone, index);
  return { ...zone, points: [...zone.points.slice(0, index + 1), corner, ...zone.points.slice(index + 1)] };
}

export function middleAfter(zone: ZoneSettings, index: number): Point {
  const [here, next] = [zone.points[index], zone.points[(index + 1) % zone.points.length]];
  if (!here || !next) return [0.5, 0.5];
  return [round((here[0] + next[0]) / 2), round((here[1] + next[1]) / 2)];
}

export function withoutCorner(zone: ZoneSettings, index: number): ZoneSettings {
  if (zone.points.length <= FEWEST_CORNERS) return zone;
  return { ...zone, points: zone.points.filter((_, at) => at !== index) };
}

/** Whether two sides that are not neighbours cross: the server refuses such a zone. */
export function crossesItself({ points }: ZoneSettings): boolean {
  const count = points.length;
  for (let first = 0; first < count; first += 1) {
    for (let second = first + 2; second < count; second += 1) {
      if (first === 0 && second === count - 1) continue;
      const [a, b, c, d] = [points[first], points[first + 1], points[second], points[(second + 1) % count]];
      if (a && b && c && d && cross(a, b, c, d)) return true;
    }
  }
  return false;
}

function turn(a: Point, b: Point, c: Point): number {
  return Math.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]));
}

function cross(a: Point, b: Point, c: Point, d: Point): boolean {
  return turn(a, b, c) !== turn(a, b, d) && turn(c, d, a) !== turn(c, d, b);
}
