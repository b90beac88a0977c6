/** The most a picture is held back (ms): beyond that an old picture would be worse than boxes that come late. */
const MOST_MS = 600;
/** Looks after which the delay is set anew. */
const EVERY = 10;
/** Room for the next look to be a little later than those before it. */
const MARGIN_MS = 30;

/**
 * How long to hold pictures back so that the boxes found in a picture are there when it is shown. A server judges a
 * picture about a tenth of a second after it has passed it on; without this every box would come one or two late.
 */
export class Pace {
  private delay = 0;
  private worst = Number.NEGATIVE_INFINITY;
  private count = 0;

  /** A look came `lateMs` after its picture was shown (negative: before). Returns the delay to set, or null to leave it. */
  note(lateMs: number): number | null {
    this.worst = Math.max(this.worst, lateMs);
    this.count += 1;
    if (this.count < EVERY) return null;
    const wanted = Math.max(0, Math.min(MOST_MS, this.delay + this.worst + MARGIN_MS));
    this.worst = Number.NEGATIVE_INFINITY;
    this.count = 0;
    // Small changes are not worth the speeding up or slowing down of the video that they cost.
    if (Math.abs(wanted - this.delay) < 25) return null;
    this.delay = wanted;
    return wanted;
  }
}
