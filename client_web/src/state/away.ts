import { computed, signal } from "@preact/signals";
import type { Alert } from "../wire.gen";
import { read, write } from "./preferences";

const KEY = "maskwatch.seenUntil";

/** Until when somebody looked, before the present look began (server time, ms); null when nobody ever did. */
const awaySince = signal<number | null>(Number(read(KEY)) || null);
/** When the present look began. */
const backSince = signal(Date.now());

/**
 * Keeps note of when the page is looked at. `moment` is the server's clock.
 * A glance away of less than `SHORT_MS` is none.
 */
const SHORT_MS = 20_000;

export function watchAttention(moment: () => number): void {
  backSince.value = moment();
  let hiddenAt: number | null = null;
  const keep = () => write(KEY, String(moment()));
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      hiddenAt = moment();
      keep();
    } else if (hiddenAt !== null && moment() - hiddenAt > SHORT_MS) {
      // What was missed before and not marked as seen stays missed.
      awaySince.value = awaySince.peek() ?? hiddenAt;
      backSince.value = moment();
    }
  });
  window.addEventListener("pagehide", keep);
  setInterval(() => !document.hidden && keep(), 15_000);
}

export function markSeen(): void {
  awaySince.value = null;
}

/** The span that was missed, if there was one. */
export const missedSpan = computed(() =>
  awaySince.value === null || backSince.value - awaySince.value < SHORT_MS
    ? null
    : { from: awaySince.value, to: backSince.value },
);

export function missed(alerts: readonly Alert[]): Alert[] {
  const span = missedSpan.value;
  if (!span) return [];
  return alerts.filter((alert) => {
    const at = Date.parse(alert.raised_at);
    return at >= span.from && at < span.to && alert.acknowledged_at === null && alert.snoozed_until === null;
  });
}
