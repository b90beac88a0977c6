import type { MaskLabel, Person, TrackState } from "../wire.gen";

/** How a person is shown: what to call it, how sure, and whether that is settled or only this look's guess. */
export interface Shown {
  label: MaskLabel;
  confidence: number;
  settled: boolean;
}

const LABEL_OF: Record<TrackState, MaskLabel> = {
  compliant: "mask",
  no_mask: "no_mask",
  incorrect: "incorrect",
  unknown: "unknown",
};

/** What is believed of a person; while nothing is believed yet, what this look says, marked as a guess. */
export function shown(person: Person): Shown {
  if (person.state !== "unknown") {
    return { label: LABEL_OF[person.state], confidence: person.belief, settled: true };
  }
  return { label: person.label, confidence: person.confidence, settled: false };
}

/** People in view, by what is shown of them. */
export function tally(people: readonly Person[]): Record<MaskLabel, number> {
  const counts: Record<MaskLabel, number> = { mask: 0, no_mask: 0, incorrect: 0, unknown: 0 };
  for (const person of people) counts[shown(person).label] += 1;
  return counts;
}

/** Worst first: the order in which counts are read. */
export const LABELS: readonly MaskLabel[] = ["no_mask", "incorrect", "mask", "unknown"];
