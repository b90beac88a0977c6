import type { Alert, Camera } from "../wire.gen";
import { isOpen } from "./alerts";

/** A camera stays in front this long after its last alert closed, so that the grid doesn't flutter. */
const STAYS_MS = 10_000;

/** Names of the cameras in the order of the grid: those with an open alert first, the newest in front, then by name. */
export function gridOrder(cameras: readonly Camera[], alerts: readonly Alert[], now: number): string[] {
  const front = new Map<string, number>();
  for (const alert of alerts) {
    if (!isOpen(alert) && now - Date.parse(alert.closed_at ?? "") > STAYS_MS) continue;
    front.set(alert.camera, Math.max(front.get(alert.camera) ?? 0, Date.parse(alert.raised_at)));
  }
  const names = cameras.map((camera) => camera.name);
  return [
    ...names.filter((name) => front.has(name)).sort((a, b) => (front.get(b) ?? 0) - (front.get(a) ?? 0)),
    ...names.filter((name) => !front.has(name)),
  ];
}
