import type { Alert, MaskLabel } from "../wire.gen";

export interface Evidence {
  frame: { width: number; height: number } | null;
  looks: number | null;
  seenS: number | null;
  violationS: number | null;
  dwellS: number | null;
  probabilities: Record<string, number> | null;
  belief: Record<string, number> | null;
  quality: { size_px: number; frontality: number; weight: number } | null;
  models: string | null;
  /** Belief that a state needs before it is taken, 0 to 1. */
  enter: number | null;
  /** The newest looks, oldest first; the last one decided. */
  trail: SeenLook[];
}

/** One look: seconds before the deciding one (0 or less), what it said, how far it was trusted, and belief after it. */
export interface SeenLook {
  atS: number;
  label: MaskLabel;
  weight: number;
  probabilities: Record<string, number>;
  belief: Record<string, number>;
}

const LABELS: readonly string[] = ["mask", "no_mask", "incorrect"] satisfies MaskLabel[];
const SAID: readonly string[] = [...LABELS, "unknown" satisfies MaskLabel];

/** What an alert's free-form evidence holds, taken with care: alerts of older versions may lack any of it. */
export function evidenceOf(alert: Alert): Evidence {
  const found = alert.evidence;
  const size = record(found.frame);
  const quality = record(found.quality);
  const settings = record(found.settings);
  const rules = record(settings.rules);
  return {
    frame: isNumber(size.width) && isNumber(size.height) ? { width: size.width, height: size.height } : null,
    looks: numberOr(found.looks),
    seenS: numberOr(found.seen_s),
    violationS: numberOr(found.violation_s),
    dwellS: numberOr(rules.dwell_s),
    probabilities: shares(found.probabilities),
    belief: shares(found.belief),
    quality:
      isNumber(quality.size_px) && isNumber(quality.frontality) && isNumber(quality.weight)
        ? { size_px: quality.size_px, frontality: quality.frontality, weight: quality.weight }
        : null,
    models: modelNames(settings.models),
    enter: numberOr(record(settings.belief).enter) ?? numberOr(rules.min_confidence),
    trail: trailOf(found.trail),
  };
}

/** Labels with their shares, the likeliest first; those that round to nothing are left out. */
export function likeliest(found: Record<string, number>): [MaskLabel, number][] {
  return Object.entries(found)
    .filter((entry): entry is [MaskLabel, number] => LABELS.includes(entry[0]) && entry[1] >= 0.005)
    .sort((a, b) => b[1] - a[1]);
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function numberOr(value: unknown): number | null {
  return isNumber(value) ? value : null;
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function shares(value: unknown): Record<string, number> | null {
  const entries = Object.entries(record(value)).filter((entry): entry is [string, number] => isNumber(entry[1]));
  return entries.length ? Object.fromEntries(entries) : null;
}

function modelNames(value: unknown): string | null {
  const names = Object.values(record(value)).filter((name) => typeof name === "string");
  return names.length ? names.join(", ").replaceAll("+", " + ") : null;
}

/** The looks out of their columns; one that lacks its time, label or weight is left out. */
function trailOf(value: unknown): SeenLook[] {
  const columns = record(value);
  const times = list(columns.at_s);
  const looks: SeenLook[] = [];
  for (const [index, atS] of times.entries()) {
    const label = list(columns.label)[index];
    const weight = list(columns.weight)[index];
    if (!isNumber(atS) || !isNumber(weight) || typeof label !== "string" || !SAID.includes(label)) continue;
    const probabilities = at(columns.probabilities, index);
    looks.push({ atS, weight, label: label as MaskLabel, probabilities, belief: at(columns.belief, index) });
  }
  return looks;
}

function at(columns: unknown, index: number): Record<string, number> {
  return shares(Object.fromEntries(Object.entries(record(columns)).map(([key, all]) => [key, list(all)[index]]))) ?? {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
