import type { FacesMessage } from "../wire.gen";

/** Ticks a second of the clock of video in RTP. */
const CLOCK_RATE = 90_000;
/** A look older than this against the picture shown says nothing about it any more. */
const MAX_AGE_S = 0.6;
/** Looks kept: 0.6 s behind the picture and the little that may come before its picture does. */
const KEPT = 32;
/** A look this far from a still picture still says where people are in it. */
const NEAR_MS = 250;

/** `a - b` on a clock of 32 bits that starts again at 0: negative when `a` is the earlier one. */
export function ticksBetween(a: number, b: number): number {
  return (a - b) | 0;
}

/** Time of a shown frame on the server's media clock: its RTP time less where that viewer's RTP clock began. */
export function mediaTicks(rtpTimestamp: number, origin: number): number {
  return (rtpTimestamp - origin) >>> 0;
}

/** The last looks at one camera: finds the one that belongs to the picture on the screen. */
export class FacesBuffer {
  private looks: FacesMessage[] = [];
  private newestAt = 0;

  push(look: FacesMessage): void {
    const newest = this.looks.at(-1);
    // A camera that was opened again counts from the beginning: what came before has no clock in common with it.
    if (newest && look.sequence < newest.sequence) this.looks = [];
    this.looks.push(look);
    this.newestAt = performance.now();
    if (this.looks.length > KEPT) this.looks.shift();
  }

  /**
   * The newest look at or before the frame shown at `ticks`, unless it is too old to be true of it. Of a camera whose
   * looks carry no media clock the newest there is, which is the nearest to what is shown.
   */
  atTicks(ticks: number): FacesMessage | null {
    if (this.looks.at(-1)?.media_ticks === null) return this.latest();
    for (let i = this.looks.length - 1; i >= 0; i--) {
      const look = this.looks[i];
      if (look?.media_ticks == null) continue;
      const age = ticksBetween(ticks, look.media_ticks);
      if (age < 0) continue;
      return age <= MAX_AGE_S * CLOCK_RATE ? look : null;
    }
    return null;
  }

  /** The look nearest to a still picture captured at `time` (ms), if one is near enough to be true of it. */
  nearTime(time: number): FacesMessage | null {
    let nearest: FacesMessage | null = null;
    let least = NEAR_MS;
    for (const look of this.looks) {
      const away = Math.abs(Date.parse(look.captured_at) - time);
      if (away <= least) [nearest, least] = [look, away];
    }
    return nearest;
  }

  /** The newest look, unless nothing came for so long that it is no longer true. */
  latest(): FacesMessage | null {
    return performance.now() - this.newestAt <= MAX_AGE_S * 1000 ? (this.looks.at(-1) ?? null) : null;
  }

  clear(): void {
    this.looks = [];
  }
}
