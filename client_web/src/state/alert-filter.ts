import type { Alert, AlertKind, AlertState, FeedbackFilter, Severity } from "../wire.gen";
import type { AlertFilter } from "./api";

const KINDS = [
  "no_mask",
  "incorrect",
  "crowd",
  "camera_offline",
  "camera_blind",
  "held_back",
] as const satisfies AlertKind[];
const SEVERITIES = ["info", "warning", "critical"] as const satisfies Severity[];
export const STATES = ["raised", "snoozed", "acknowledged", "closed"] as const satisfies AlertState[];
export const FEEDBACK = ["wrong", "right", "none"] as const satisfies FeedbackFilter[];

/** The filter an address asks for; what makes no sense in it is left out. */
export function filterOf(query: string): AlertFilter {
  const values = new URLSearchParams(query);
  const one = (name: string) => values.get(name) || undefined;
  const among = <T extends string>(name: string, valid: readonly T[]) => {
    const given = (one(name) ?? "").split(",");
    const found = valid.filter((value) => given.includes(value));
    return found.length ? found : undefined;
  };
  const moment = (name: string) => {
    const value = one(name);
    return value && !Number.isNaN(Date.parse(value)) ? value : undefined;
  };
  const confidence = Number(one("min_confidence"));
  return {
    camera: one("camera"),
    kind: among("kind", KINDS),
    severity: SEVERITIES.find((value) => value === one("severity")),
    state: among("state", STATES),
    feedback: FEEDBACK.find((value) => value === one("feedback")),
    escalated: one("escalated") === "true" ? true : undefined,
    since: moment("since"),
    until: moment("until"),
    min_confidence: confidence > 0 && confidence <= 1 ? confidence : undefined,
  };
}

export function queryOf(filter: AlertFilter): string {
  const values = new URLSearchParams();
  for (const [key, value] of Object.entries(filter)) if (value !== undefined) values.set(key, String(value));
  const text = values.toString();
  return text ? `?${text}` : "";
}

export function hasFilter(filter: AlertFilter): boolean {
  return Object.values(filter).some((value) => value !== undefined);
}

/** Whether an alert belongs in the list: the server's filter, said again for alerts that come by message. */
export function matches(alert: Alert, filter: AlertFilter): boolean {
  const at = Date.parse(alert.raised_at);
  return (
    (filter.camera === undefined || alert.camera === filter.camera) &&
    (filter.kind === undefined || filter.kind.includes(alert.kind)) &&
    (filter.severity === undefined || alert.severity === filter.severity) &&
    (filter.state === undefined || filter.state.includes(alert.state)) &&
    (filter.feedback === undefined || filter.feedback === judged(alert)) &&
    (filter.escalated === undefined || alert.escalated_at !== null) &&
    (filter.since === undefined || at >= Date.parse(filter.since)) &&
    (filter.until === undefined || at < Date.parse(filter.until)) &&
    (filter.min_confidence === undefined || alert.confidence >= filter.min_confidence)
  );
}

function judged(alert: Alert): FeedbackFilter {
  return alert.feedback === null ? "none" : alert.feedback.wrong ? "wrong" : "right";
}
