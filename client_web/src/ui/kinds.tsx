import { counted, number, t, tryKey } from "../i18n";
import { duration } from "../i18n/time";
import { isOpen } from "../state/alerts";
import type { Alert, AlertKind, Severity } from "../wire.gen";
import { Icon, LabelShape } from "./icons";
import { lasting } from "./time";

/** All kinds, as they are listed: people first, then what is about cameras. */
export const KINDS: readonly AlertKind[] = [
  "no_mask",
  "incorrect",
  "crowd",
  "camera_offline",
  "camera_blind",
  "held_back",
];
export const SEVERITIES: readonly Severity[] = ["critical", "warning", "info"];

/** Whether such an alert is about one person, with a face and a confidence. */
export function isOfPerson(kind: AlertKind): kind is "no_mask" | "incorrect" {
  return kind === "no_mask" || kind === "incorrect";
}

/** One shape for each kind: the two labels' own, a group, a slashed ring, a slashed eye, a stack. */
export function KindShape({ kind, size = 12 }: { kind: AlertKind; size?: number }) {
  if (isOfPerson(kind)) return <LabelShape label={kind} size={size} />;
  const shape = {
    crowd: (
      <path d="M5.5 3.2a2 2 0 1 1 0 4 2 2 0 0 1 0-4zM11.3 4.2a1.6 1.6 0 1 1 0 3.2M1.5 13c0-2.6 1.7-4 4-4s4 1.4 4 4M11.5 9.300c1.9.2 3 1.5 3 3.7" />
    ),
    camera_offline: <path d="M8 2.500a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zM4.1 4.100l7.8 7.8" />,
    camera_blind: <path d="M1.5 8S4 3.8 8 3.8 14.5 8 14.5 8 12 12.2 8 12.2 1.5 8 1.5 8zM3 13.500L13 2.5" />,
    held_back: <path d="M3 4h10M3 8h10M3 12h6M11.5 10.500v3M10 12h3" />,
  }[kind];
  return (
    <span class={`shape kind-shape-${kind}`}>
      <Icon size={size}>{shape}</Icon>
    </span>
  );
}

/** How much an alert matters, in shape and word: a filled octagon, a triangle, a ring. */
export function SeverityMark({ severity }: { severity: Severity }) {
  const shape = {
    critical: <path d="M5.3 1.800h5.400l3.5 3.500v5.400l-3.5 3.500H5.300l-3.5-3.500V5.300z" fill="currentColor" />,
    warning: <path d="M8 2.200L14.5 13.500h-13zM8 6.500v3.2" />,
    info: <path d="M8 2.500a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zM8 7.500v3.200M8 5.300v.01" />,
  }[severity];
  return (
    <span class={`severity severity-${severity}`}>
      <Icon size={12}>{shape}</Icon>
      {t(`severity.${severity}`)}
    </span>
  );
}

/** What was measured, taken with care: alerts of other versions may lack any of it. */
function measuredOf(alert: Alert): (name: string) => number | null {
  const found = alert.evidence.measured;
  const values = typeof found === "object" && found !== null ? (found as Record<string, unknown>) : {};
  return (name) => (typeof values[name] === "number" ? (values[name] as number) : null);
}

function wordOf(alert: Alert, name: string): string {
  const found = alert.evidence.measured;
  const value = typeof found === "object" && found !== null ? (found as Record<string, unknown>)[name] : undefined;
  return typeof value === "string" ? value : "";
}

/** In a few words what an alert that is about no single person has found; empty where it doesn't say. */
export function factOf(alert: Alert): string {
  const measured = measuredOf(alert);
  switch (alert.kind) {
    case "crowd": {
      const [people, compliant] = [measured("people"), measured("compliant")];
      return people === null || compliant === null ? "" : t("alert.fact.crowd", { compliant, people });
    }
    case "camera_blind":
      return tryKey(`alert.blind.${wordOf(alert, "what")}`) ?? "";
    case "camera_offline":
      return tryKey(`state.${wordOf(alert, "state")}`) ?? "";
    case "held_back": {
      const count = measured("held_back");
      return count === null ? "" : counted("alert.fact.held_back", count);
    }
    default:
      return "";
  }
}

/** Why such an alert was raised, as sentences. */
export function reasonsOf(alert: Alert): string[] {
  const measured = measuredOf(alert);
  const time = (name: string) => duration((measured(name) ?? 0) * 1000);
  switch (alert.kind) {
    case "crowd":
      return [
        t("alert.why.crowd", {
          compliant: measured("compliant") ?? 0,
          people: measured("people") ?? 0,
          time: time("lasted_s"),
        }),
        t("alert.why.crowd.rule", {
          percent: number(measured("below_percent") ?? 0),
          time: time("for_s"),
          people: measured("min_people") ?? 0,
        }),
      ];
    case "camera_blind": {
      const what = tryKey(`alert.blind.${wordOf(alert, "what")}`) ?? "";
      return [t("alert.why.blind", { what, time: time("lasted_s"), after: time("blind_after_s") })];
    }
    case "camera_offline": {
      const reason = tryKey(`reason.${wordOf(alert, "reason")}`);
      const away = t("alert.why.offline", { time: time("away_s"), after: time("offline_after_s") });
      return reason ? [away, reason] : [away];
    }
    case "held_back":
      return [
        counted("alert.why.held_back", measured("held_back") ?? 0),
        t("alert.why.held_back.rule", { n: measured("max_alerts_per_minute") ?? 0 }),
      ];
    default:
      return [];
  }
}

/** How it stands: still so, or what ended it and after how long. */
export function outcome(alert: Alert): string {
  const time = lasting(alert.raised_at, alert.closed_at);
  if (isOpen(alert)) return isOfPerson(alert.kind) ? t("alert.open", { time }) : t("alert.open.on", { time });
  const reason = alert.close_reason ?? "left";
  if (reason === "recovered" && !isOfPerson(alert.kind)) return t(`alert.closed.recovered.${alert.kind}`, { time });
  if (reason === "left" && alert.kind === "crowd") return t("alert.closed.left.crowd", { time });
  return t(`alert.closed.${reason}`, { time });
}
