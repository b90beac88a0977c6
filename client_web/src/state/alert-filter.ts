import type { Alert, AlertKind, AlertState, Severity } from "../wire.gen";
import type { AlertFilter } from "./api";

const KINDS: readonly string[] = [
  "no_mask",
  "incorrect",
  "crowd",
  "camera_offline",
  "camera_blind",
  "held_back",
] satisfies AlertKind[];
const SEVERITIES: readonly string[] = ["info", "warning", "critical"] satisfies Severity[];
const STATES: readonly string[] = ["raised", "acknowledged", "closed"] satisfies AlertState[];

/** The filter an address asks for; what makes no sense in it is left out. */
export function filterOf(query: string): AlertFilter {
  const values = new URLSearchParams(query);
  const one = (name: string) => values.get(name) || undefined;
  const among = <T extends string>(name: string, valid: readonly string[]) => {
    const value = one(name);
    return value && valid.includes(value) ? (value as T) : undefined;
  };
  const moment = (name: string) => {
    const value = one(name);
    return value && !Number.isNaN(Date.parse(value)) ? value : undefined;
  };
  const confidence = Number(one("min_confidence"));
  return {
    camera: one("camera"),
    kind: among<AlertKind>("kind", KINDS),
    severity: among<Severity>("severity", SEVERITIES),
    state: among<AlertState>("state", STATES),
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
    (filter.kind === undefined || alert.kind === filter.kind) &&
    (filter.severity === undefined || alert.severity === filter.severity) &&
    (filter.state === undefined || alert.state === filter.state) &&
    (filter.since === undefined || at >= Date.parse(filter.since)) &&
    (filter.until === undefined || at < Date.parse(filter.until)) &&
    (filter.min_confidence === undefined || alert.confidence >= filter.min_confidence)
  );
}
