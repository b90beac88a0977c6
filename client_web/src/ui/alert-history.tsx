import { useState } from "preact/hooks";
import { t, tryKey } from "../i18n";
import { clock, exact } from "../i18n/time";
import { api } from "../state/api";
import { now } from "../state/clock";
import type { Alert, HistoryEntry } from "../wire.gen";
import { useLoad } from "./load";
import { Ago } from "./time";

/** Everything that happened to an alert, who did it and when; loaded anew whenever more has happened. */
export function History({ alert }: { alert: Alert }) {
  const [events, setEvents] = useState<readonly HistoryEntry[]>([]);
  useLoad(
    async (current) => {
      try {
        const found = await api.history(alert.id);
        if (current()) setEvents(found.events);
      } catch (error) {
        // An alert erased meanwhile says so where it stood.
        if (alert.event_id !== 0) throw error;
      }
    },
    [alert.id, alert.event_id],
  );
  return (
    <section class="history">
      <h3>{t("alert.history")}</h3>
      <ol>
        {events.map((event) => (
          <li key={event.event_id}>
            <span>
              {words(event)}
              {event.by && <span class="by"> {t("alert.history.by", { name: event.by })}</span>}
            </span>
            <span class="quiet">
              <Ago at={event.at} />
              <span class="exact">{exact(Date.parse(event.at))}</span>
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function words(event: HistoryEntry): string {
  if (event.action === "closed")
    return tryKey(`alert.history.closed.${event.close_reason}`) ?? t("alert.history.closed");
  if (event.action === "snoozed" && event.snoozed_until) {
    return t("alert.history.snoozed", { time: clock(Date.parse(event.snoozed_until), now()) });
  }
  if (event.action === "marked" && event.feedback) {
    const { wrong, truth } = event.feedback;
    if (!wrong) return t("alert.history.marked.right");
    return truth ? t("alert.history.marked.truth", { truth: t(`truth.${truth}`) }) : t("alert.history.marked.wrong");
  }
  return tryKey(`alert.history.${event.action}`) ?? event.action;
}
