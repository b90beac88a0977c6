import type { Alert } from "../wire.gen";

export interface FeedView {
  shown: readonly Alert[];
  /** New ones kept back until the reader is done. */
  waiting: number;
  /** Ids that just came in: these slide in. */
  fresh: ReadonlySet<string>;
}

/**
 * Keeps what is being read where it is: while somebody reads (has scrolled, points at the feed or is in it with the
 * keyboard) new alerts wait; what changes about those shown is shown at once.
 */
export class FeedGate {
  private known: Set<string> | null = null;

  constructor(private readonly limit: number) {}

  view(alerts: readonly Alert[], reading: boolean): FeedView {
    const known = this.known;
    if (!known || !reading) {
      const fresh = new Set(known ? alerts.filter((alert) => !known.has(alert.id)).map((alert) => alert.id) : []);
      this.known = new Set(alerts.map((alert) => alert.id));
      return { shown: alerts.slice(0, this.limit), waiting: 0, fresh };
    }
    const shown = alerts.filter((alert) => known.has(alert.id));
    return { shown: shown.slice(0, this.limit), waiting: alerts.length - shown.length, fresh: new Set() };
  }
}
