import type { Alert, AlertMessage } from "../wire.gen";

/** Open: the person is, as far as is known, still in view without a mask. */
export function isOpen(alert: Alert): boolean {
  return alert.closed_at === null;
}

/** Open, and nobody has acknowledged it or let it rest. */
export function waits(alert: Alert): boolean {
  return isOpen(alert) && alert.state === "raised";
}

/** Of two accounts of one alert, the newer: whichever of a page of alerts and an event came late can't turn it back. */
export function merge(known: Alert, told: Alert): Alert {
  return told.event_id >= known.event_id ? told : known;
}

export const newestFirst = (a: Alert, b: Alert) =>
  Date.parse(b.raised_at) - Date.parse(a.raised_at) || (a.id < b.id ? 1 : -1);

/** Alerts put together from pages and events: each once, newest first, at most `limit`, erased ones never again. */
export class AlertList {
  private readonly byId = new Map<string, Alert>();
  private readonly erased = new Set<string>();

  constructor(private readonly limit: number) {}

  /** Add or move on alerts. Returns those that were not known before. */
  add(alerts: readonly Alert[]): Alert[] {
    const fresh: Alert[] = [];
    for (const alert of alerts) {
      if (this.erased.has(alert.id)) continue;
      const known = this.byId.get(alert.id);
      if (!known) fresh.push(alert);
      this.byId.set(alert.id, known ? merge(known, alert) : alert);
    }
    this.trim();
    return fresh;
  }

  apply(message: AlertMessage): Alert[] {
    if (message.action !== "erased") return this.add([message.alert]);
    this.erase(message.alert.id);
    return [];
  }

  erase(id: string): void {
    this.erased.add(id);
    this.byId.delete(id);
  }

  get(id: string): Alert | undefined {
    return this.byId.get(id);
  }

  list(): Alert[] {
    return [...this.byId.values()].sort(newestFirst);
  }

  /**
   * Open ones are never trimmed: they say who is without a mask right now. Of the others those go of which nothing was
   * heard for longest: an old one that somebody has just judged is being looked at.
   */
  private trim(): void {
    if (this.byId.size <= this.limit) return;
    const old = this.list()
      .sort((a, b) => b.event_id - a.event_id)
      .slice(this.limit);
    for (const alert of old) if (!isOpen(alert)) this.byId.delete(alert.id);
  }
}
