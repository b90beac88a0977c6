import { formatter, language, number, t } from "./index";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A duration with its unit, two units at most: "8 s", "2 min 5 s", "3 h 20 min". Below a second: "120 ms". */
export function duration(ms: number): string {
  if (ms < SECOND && ms > 0) return t("time.ms", { n: number(Math.round(ms / 10) * 10) });
  const s = Math.max(0, Math.floor(ms / SECOND));
  if (s < 60) return t("time.s", { n: s });
  const min = Math.floor(s / 60);
  if (min < 60) return s % 60 && min < 10 ? t("time.min.s", { n: min, s: s % 60 }) : t("time.min", { n: min });
  const h = Math.floor(min / 60);
  if (h < 48) return t("time.h.min", { n: h, m: min % 60 });
  return t("time.days", { n: Math.floor(h / 24), h: h % 24 });
}

/** Whole seconds and up, never milliseconds: for counters that tick on the page. */
export function ticking(ms: number): string {
  return duration(Math.max(0, Math.floor(ms / SECOND)) * SECOND);
}

/** How long ago, as a person says it: "just now", "12 s ago", "5 min ago", then the clock, then the date. */
export function ago(then: number, now: number): string {
  const ms = now - then;
  if (ms < 2 * SECOND) return t("time.now");
  if (ms < MINUTE) return t("time.ago.s", { n: Math.floor(ms / SECOND) });
  if (ms < HOUR) return t("time.ago.min", { n: Math.floor(ms / MINUTE) });
  if (ms < 6 * HOUR) return t("time.ago.h", { n: Math.floor(ms / HOUR) });
  return clock(then, now);
}

/** Time of day; with the date when it is not today's. */
export function clock(then: number, now: number): string {
  const date = new Date(then);
  const time = format(date, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  if (date.toDateString() === new Date(now).toDateString()) return time;
  const day: Intl.DateTimeFormatOptions = { day: "numeric", month: "short" };
  if (now - then > 300 * DAY) day.year = "numeric";
  return `${format(date, day)}, ${time}`;
}

/** The exact moment in the reader's zone: what hovering shows. */
export function exact(then: number): string {
  return format(new Date(then), { dateStyle: "full", timeStyle: "long" });
}

/** Which day, as a heading: "Today", "Yesterday", "Monday, 3 March". */
export function day(then: number, now: number): string {
  const key = new Date(then).toDateString();
  const today = new Date(now);
  if (key === today.toDateString()) return t("alerts.today");
  // By the calendar: where clocks change a day has 23 or 25 hours.
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  if (key === yesterday.toDateString()) return t("alerts.yesterday");
  return format(new Date(then), { weekday: "long", day: "numeric", month: "long" });
}

function format(date: Date, options: Intl.DateTimeFormatOptions): string {
  // British English: the day before the month and a 24-hour clock, as hospitals write it.
  const locale = language.value === "en" ? "en-GB" : language.value;
  return formatter(`date ${locale} ${JSON.stringify(options)}`, () => new Intl.DateTimeFormat(locale, options)).format(
    date,
  );
}
