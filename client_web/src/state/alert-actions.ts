import type { Alert, Judgement } from "../wire.gen";
import { api } from "./api";
import { moment } from "./clock";
import { noteAlerts } from "./house";
import { tellError } from "./notices";

const MINUTE_MS = 60_000;
const MORNING_HOUR = 7;

/** Show what the server made of it before its message arrives; say so if it refused. */
async function done(answer: Promise<Alert>): Promise<boolean> {
  try {
    noteAlerts([await answer]);
    return true;
  } catch (error) {
    tellError(error);
    return false;
  }
}

/** For how long an alert may rest, by choice. */
export const RESTS = {
  ten: (at: Date) => new Date(at.getTime() + 10 * MINUTE_MS),
  hour: (at: Date) => new Date(at.getTime() + 60 * MINUTE_MS),
  tomorrow: (at: Date) => new Date(at.getFullYear(), at.getMonth(), at.getDate() + 1, MORNING_HOUR),
} as const;
export type Rest = keyof typeof RESTS;

export function snooze(id: string, rest: Rest): Promise<boolean> {
  return done(api.snooze(id, RESTS[rest](new Date(moment())).toISOString()));
}

export function judge(id: string, judgement: Judgement): Promise<boolean> {
  return done(api.judge(id, judgement));
}

export function takeBack(id: string): Promise<boolean> {
  return done(api.takeBack(id));
}
