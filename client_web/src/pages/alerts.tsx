import { useRef, useState } from "preact/hooks";
import { percent, t } from "../i18n";
import { day } from "../i18n/time";
import { FEEDBACK, filterOf, hasFilter, matches, queryOf, STATES } from "../state/alert-filter";
import { merge, newestFirst } from "../state/alerts";
import { type AlertFilter, api } from "../state/api";
import { now } from "../state/clock";
import { cameras, erased, alerts as live } from "../state/house";
import { tellError } from "../state/notices";
import { go, search } from "../state/router";
import { service } from "../state/session";
import { AlertDetail } from "../ui/alert-detail";
import { AlertRow } from "../ui/alert-row";
import { Button, Empty } from "../ui/basics";
import { Glyph } from "../ui/icons";
import { KINDS, SEVERITIES } from "../ui/kinds";
import { useLoad } from "../ui/load";
import { Several } from "../ui/several";
import type { Alert } from "../wire.gen";

/** All alerts by filter beside the one that is open; on a phone one after the other. */
export function AlertsPage({ id }: { id: string | null }) {
  return (
    <div class={`alerts-page ${id ? "one-open" : ""}`}>
      {/* On a phone the list makes way for the alert that is open; the page's heading stays for who listens to it. */}
      <h1 class="unseen">{t("alerts.title")}</h1>
      <List id={id} />
      <section class="alert-pane" aria-label={t("alerts.title")}>
        {id ? <AlertDetail key={id} id={id} /> : <Empty icon="alerts" title={t("alerts.choose")} />}
      </section>
    </div>
  );
}

function List({ id }: { id: string | null }) {
  const query = search.value;
  const filter = filterOf(query);
  const { loaded, cursor, busy, more } = usePages(query);
  const all = combine(loaded, live.value ?? [], filter, cursor !== null);
  return (
    <section class="alerts-list">
      <p class="list-title" aria-hidden="true">
        {t("alerts.title")}
      </p>
      <Filter filter={filter} />
      {loaded === null && <p class="loading">{t("loading")}</p>}
      {loaded !== null && all.length === 0 && <NoAlerts filtered={hasFilter(filter)} />}
      {byDay(all, now()).map(([title, found]) => (
        <section key={title}>
          <h2 class="day">{title}</h2>
          <ol class="rows" aria-label={title}>
            {found.map((alert) => (
              <AlertRow key={alert.id} alert={alert} current={alert.id === id} />
            ))}
          </ol>
        </section>
      ))}
      {cursor && (
        <div class="actions center">
          <Button busy={busy} onClick={more}>
            {t("alerts.more")}
          </Button>
        </div>
      )}
    </section>
  );
}

/** Pages of alerts from the server, from the newest on, as long as the filter stays the same. */
function usePages(query: string) {
  const [loaded, setLoaded] = useState<readonly Alert[] | null>(null);
  const [cursor, setCursor] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const turn = useRef(0);
  useLoad(
    async (current) => {
      turn.current += 1;
      setLoaded(null);
      setCursor(null);
      const page = await api.alerts(filterOf(query));
      if (!current()) return;
      setLoaded(page.alerts);
      setCursor(page.next_cursor);
    },
    [query],
  );
  const more = async () => {
    if (!cursor) return;
    setBusy(true);
    const mine = turn.current;
    try {
      const page = await api.alerts(filterOf(query), cursor);
      if (mine !== turn.current) return;
      setLoaded([...(loaded ?? []), ...page.alerts]);
      setCursor(page.next_cursor);
    } catch (error) {
      tellError(error);
    } finally {
      setBusy(false);
    }
  };
  return { loaded, cursor, busy, more };
}

/**
 * The loaded alerts brought up to date by what has happened since, and those that match by now: new ones, and older ones
 * that have changed (a snooze that ran out). Where `more` are to be loaded, none from beyond the last that is.
 */
function combine(
  loaded: readonly Alert[] | null,
  happened: readonly Alert[],
  filter: AlertFilter,
  more: boolean,
): Alert[] {
  if (!loaded) return [];
  const last = loaded.at(-1);
  const from = more && last ? Date.parse(last.raised_at) : Number.NEGATIVE_INFINITY;
  const known = new Map(happened.map((alert) => [alert.id, alert]));
  const old = loaded.map((alert) => {
    const told = known.get(alert.id);
    known.delete(alert.id);
    return told ? merge(alert, told) : alert;
  });
  const others = [...known.values()].filter((alert) => Date.parse(alert.raised_at) >= from);
  return [...old, ...others].filter((alert) => matches(alert, filter) && !erased.value.has(alert.id)).sort(newestFirst);
}

function byDay(alerts: readonly Alert[], at: number): [string, Alert[]][] {
  const days = new Map<string, Alert[]>();
  for (const alert of alerts) {
    const title = day(Date.parse(alert.raised_at), at);
    days.set(title, [...(days.get(title) ?? []), alert]);
  }
  return [...days];
}

function NoAlerts({ filtered }: { filtered: boolean }) {
  if (filtered) {
    return (
      <Empty icon="alerts" title={t("alerts.empty.filtered")}>
        <Button onClick={() => go("/alerts")}>{t("alerts.filter.clear")}</Button>
      </Empty>
    );
  }
  const days = service.value?.storage.retention.max_age_days;
  return (
    <Empty icon="check" title={t("alerts.empty")}>
      {days && <p class="hint">{t("alerts.empty.hint", { days })}</p>}
    </Empty>
  );
}

const CONFIDENCES = [0.6, 0.7, 0.8, 0.9, 0.95];

function Filter({ filter }: { filter: AlertFilter }) {
  const set = (change: Partial<AlertFilter>) =>
    go(`${window.location.pathname}${queryOf({ ...filter, ...change })}`, "replace");
  // Opened once when the address asks for a filter; after that it is the reader's.
  const [opened] = useState(() => hasFilter(filter));
  const names = new Set((cameras.value ?? []).map((camera) => camera.name));
  if (filter.camera) names.add(filter.camera);
  return (
    <details class="filter" open={opened}>
      <summary>
        <Glyph name="settings" />
        {t("alerts.filter")}
      </summary>
      <div class="filter-fields">
        <Choice
          label={t("alerts.filter.camera")}
          any={t("alerts.filter.camera.any")}
          value={filter.camera}
          options={[...names].map((name) => [name, name])}
          onChoice={(camera) => set({ camera })}
        />
        <Choice
          label={t("alerts.filter.feedback")}
          any={t("alerts.filter.feedback.any")}
          value={filter.feedback}
          options={FEEDBACK.map((said) => [said, t(`alerts.feedback.${said}`)])}
          onChoice={(feedback) => set({ feedback })}
        />
        <Several
          label={t("alerts.filter.state")}
          values={filter.state ?? []}
          options={STATES.map((state) => [state, t(`alerts.state.${state}`)])}
          onChoice={(state) => set({ state })}
        />
        <Several
          label={t("alerts.filter.kind")}
          values={filter.kind ?? []}
          options={KINDS.map((kind) => [kind, t(`kind.${kind}`)])}
          onChoice={(kind) => set({ kind })}
        />
        <Several
          label={t("alerts.filter.more")}
          values={filter.escalated ? ["escalated"] : []}
          options={[["escalated", t("alert.escalated")]]}
          onChoice={(chosen) => set({ escalated: chosen ? true : undefined })}
        />
        <Choice
          label={t("alerts.filter.severity")}
          any={t("alerts.filter.severity.any")}
          value={filter.severity}
          options={SEVERITIES.map((severity) => [severity, t(`severity.${severity}`)])}
          onChoice={(severity) => set({ severity })}
        />
        <Choice
          label={t("alerts.filter.confidence")}
          any={t("alerts.filter.confidence.any")}
          value={filter.min_confidence?.toString()}
          options={CONFIDENCES.map((share) => [String(share), percent(share)])}
          onChoice={(share) => set({ min_confidence: share ? Number(share) : undefined })}
        />
        <DayField label={t("alerts.filter.since")} value={filter.since} end={false} onDay={(since) => set({ since })} />
        <DayField label={t("alerts.filter.until")} value={filter.until} end onDay={(until) => set({ until })} />
        <div class="actions">
          <a class="button" href={api.exportUrl(filter, "csv")} download>
            {t("alerts.export.csv")}
          </a>
          <a class="button" href={api.exportUrl(filter, "json")} download>
            {t("alerts.export.json")}
          </a>
          {hasFilter(filter) && (
            <Button kind="quiet" icon="close" onClick={() => go("/alerts", "replace")}>
              {t("alerts.filter.clear")}
            </Button>
          )}
        </div>
      </div>
    </details>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  any: string;
  value: T | undefined;
  options: readonly (readonly [T, string])[];
  onChoice: (value: T | undefined) => void;
}

function Choice<T extends string>({ label, any, value, options, onChoice }: ChoiceProps<T>) {
  return (
    <label>
      <span>{label}</span>
      <select
        value={value ?? ""}
        onChange={(event) => onChoice((event.currentTarget.value || undefined) as T | undefined)}
      >
        <option value="">{any}</option>
        {options.map(([key, words]) => (
          <option key={key} value={key}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Of years before this one there can be no alert: they are the first digits of one that is being typed. */
const EARLIEST = 2000;

/** A day of the reader's own zone, as the moment it begins or ends. */
function DayField({
  label,
  value,
  end,
  onDay,
}: {
  label: string;
  value: string | undefined;
  end: boolean;
  onDay: (moment: string | undefined) => void;
}) {
  const chosen = value ? localDay(new Date(Date.parse(value) - (end ? 1 : 0))) : "";
  // While it is typed a browser tells of each digit of the year, and of "" while a part is missing. That is kept as it
  // is until it is a day, or whoever types would be written over.
  const [typed, setTyped] = useState<string | null>(null);
  const change = (next: string) => {
    setTyped(next);
    const [year = 0, month = 1, date = 1] = next.split("-").map(Number);
    if (next === "") onDay(undefined);
    else if (year >= EARLIEST) onDay(new Date(year, month - 1, date + (end ? 1 : 0)).toISOString());
  };
  return (
    <label>
      <span>{label}</span>
      <input
        type="date"
        max="9999-12-31"
        value={typed ?? chosen}
        onInput={(event) => change(event.currentTarget.value)}
        onBlur={() => setTyped(null)}
      />
    </label>
  );
}

function localDay(date: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
