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
}

const LABELS: readonly string[] = ["mask", "no_mask", "incorrect"] satisfies MaskLabel[];

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
  return names.length ? names.join(", ") : null;
}
