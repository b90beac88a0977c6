import { useState } from "preact/hooks";
import { formatter, language, t } from "../i18n";
import type { Camera, ScheduleSettings, Weekday } from "../wire.gen";
import { Button, Field } from "./basics";
import { SaveRow, useRules } from "./rules-save";

const DAYS: readonly Weekday[] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/** Every time zone the browser knows, and the one that is set. */
function timeZones(present: string): string[] {
  const known = typeof Intl.supportedValuesOf === "function" ? Intl.supportedValuesOf("timeZone") : [];
  return [...new Set(["UTC", ...known, present])].sort();
}

/** "Mon", in the reader's language. */
export function dayWord(day: Weekday, style: "short" | "long" = "short"): string {
  const locale = language.value;
  // 2 January 2023 was a Monday.
  const date = new Date(Date.UTC(2023, 0, 2 + DAYS.indexOf(day)));
  const make = () => new Intl.DateTimeFormat(locale, { weekday: style, timeZone: "UTC" });
  return formatter(`weekday ${locale} ${style}`, make).format(date);
}

/** "Mon, Tue 06:00 to 18:00" */
export function scheduleInWords({ days, start, end }: ScheduleSettings): string {
  const when = days.length === DAYS.length ? t("schedule.daily") : days.map((day) => dayWord(day)).join(", ");
  return t("schedule.words", { days: when, start, end });
}

/** When alerts may be raised: windows of the week in the camera's own time zone. */
export function ScheduleEditor({ camera }: { camera: Camera }) {
  const { rules, set, save, busy, saved } = useRules(camera, ["schedules", "time_zone"]);
  const { schedules } = rules;
  const change = (index: number, part: Partial<ScheduleSettings>) =>
    set({ schedules: schedules.map((each, at) => (at === index ? { ...each, ...part } : each)) });
  const add = () => {
    const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const window: ScheduleSettings = { days: DAYS.slice(0, 5), start: "06:00", end: "18:00" };
    set({
      schedules: [...schedules, window],
      ...(schedules.length === 0 && rules.time_zone === "UTC" && here ? { time_zone: here } : {}),
    });
  };
  const problems = schedules.map(problemOf);
  return (
    <form class="form" onSubmit={save}>
      {schedules.length === 0 && <p class="hint">{t("schedule.always")}</p>}
      {schedules.map((schedule, index) => (
        <fieldset key={index} class="schedule">
          <legend>{scheduleInWords(schedule)}</legend>
          <div class="days">
            {DAYS.map((day) => (
              <label key={day} class="day-choice">
                <input
                  type="checkbox"
                  checked={schedule.days.includes(day)}
                  onChange={() =>
                    change(index, {
                      days: DAYS.filter((each) => (each === day) !== schedule.days.includes(each)),
                    })
                  }
                />
                <span>
                  <span aria-hidden="true">{dayWord(day)}</span>
                  <span class="unseen">{dayWord(day, "long")}</span>
                </span>
              </label>
            ))}
          </div>
          <div class="times">
            <Field id={`schedule-${index}-start`} label={t("schedule.start")}>
              <Clock
                id={`schedule-${index}-start`}
                value={schedule.start}
                onTime={(start) => change(index, { start })}
              />
            </Field>
            <Field id={`schedule-${index}-end`} label={t("schedule.end")}>
              <Clock
                id={`schedule-${index}-end`}
                // A clock has no 24:00; midnight as an end means the same.
                value={schedule.end === "24:00" ? "00:00" : schedule.end}
                onTime={(end) => change(index, { end: end === "00:00" ? "24:00" : end })}
              />
            </Field>
            <Button
              icon="trash"
              label={t("schedule.remove", { schedule: scheduleInWords(schedule) })}
              title={t("schedule.remove", { schedule: scheduleInWords(schedule) })}
              onClick={() => set({ schedules: schedules.filter((_, at) => at !== index) })}
            >
              {t("action.remove")}
            </Button>
          </div>
          {problems[index] && (
            <p class="error" role="alert">
              {problems[index]}
            </p>
          )}
        </fieldset>
      ))}
      <div class="actions">
        <Button icon="add" onClick={add}>
          {t("schedule.add")}
        </Button>
      </div>
      {schedules.length > 0 && (
        <Field id="time-zone" label={t("schedule.zone")} hint={t("schedule.zone.hint")}>
          <select
            id="time-zone"
            aria-describedby="time-zone-hint"
            value={rules.time_zone}
            onChange={(event) => set({ time_zone: event.currentTarget.value })}
          >
            {timeZones(rules.time_zone).map((zone) => (
              <option key={zone} value={zone}>
                {zone.replaceAll("_", " ")}
              </option>
            ))}
          </select>
        </Field>
      )}
      <SaveRow busy={busy} saved={saved} disabled={problems.some(Boolean)} />
    </form>
  );
}

function problemOf({ days, start, end }: ScheduleSettings): string | undefined {
  if (days.length === 0) return t("schedule.noDay");
  return start === end ? t("schedule.noTime") : undefined;
}

function Clock({ id, value, onTime }: { id: string; value: string; onTime: (time: string) => void }) {
  // While a part is missing a browser says "": that must not be written over before the other part is typed.
  const [typed, setTyped] = useState<string | null>(null);
  return (
    <input
      id={id}
      type="time"
      required
      value={typed ?? value}
      onInput={(event) => {
        const { value: next } = event.currentTarget;
        setTyped(next);
        if (next) onTime(next);
      }}
      onBlur={() => setTyped(null)}
    />
  );
}
