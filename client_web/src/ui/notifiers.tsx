import { useCallback, useEffect, useState } from "preact/hooks";
import { counted, t } from "../i18n";
import { duration } from "../i18n/time";
import { api } from "../state/api";
import { tell, tellError } from "../state/notices";
import { findPush, type PushTrouble, pushed, pushName, subscribe, unsubscribe } from "../state/push";
import type { Notifier, NotifierTestResult, NotifierType } from "../wire.gen";
import { Button, Confirm } from "./basics";
import { DeadLetterList } from "./dead-letters";
import { useLoad } from "./load";
import { NotifierForm } from "./notifier-form";
import { TestSays, typeName } from "./notifier-words";
import { Ago } from "./time";

const LOOK_EVERY_MS = 4000;

/** Who is told of alerts, how that goes, and what to do where it doesn't. */
export function Notifiers() {
  const [list, setList] = useState<Notifier[] | null>(null);
  const [types, setTypes] = useState<NotifierType[]>([]);
  const [form, setForm] = useState<Notifier | "new" | null>(null);
  const load = useCallback(async () => {
    try {
      const found = await api.notifiers();
      setList(found);
      await findPush(found.map((one) => one.name));
    } catch {
      // The page says by itself that the server is away; the next look tries again.
    }
  }, []);
  useEffect(() => {
    void load();
    const ticker = setInterval(() => !document.hidden && void load(), LOOK_EVERY_MS);
    return () => clearInterval(ticker);
  }, [load]);
  useLoad(() => api.notifierTypes().then(setTypes), []);
  const done = () => {
    setForm(null);
    void load();
  };
  return (
    <section class="card notifiers" aria-labelledby="notifiers-title">
      <h2 id="notifiers-title">{t("notifier.title")}</h2>
      <p class="hint">{t("notifier.intro")}</p>
      <ThisBrowserPush onChange={load} />
      {list?.length === 0 && <p>{t("notifier.none")}</p>}
      <ul class="notifier-list">
        {list?.map((one) =>
          form !== null && form !== "new" && form.name === one.name ? (
            <li key={one.name}>
              <h3>{one.name}</h3>
              <NotifierForm types={types} old={form} onDone={done} />
            </li>
          ) : (
            <Target key={one.name} target={one} onEdit={() => setForm(one)} onChange={load} />
          ),
        )}
      </ul>
      {form === "new" ? (
        <NotifierForm types={types} onDone={done} />
      ) : (
        <Button icon="add" onClick={() => setForm("new")}>
          {t("notifier.add.open")}
        </Button>
      )}
    </section>
  );
}

function ThisBrowserPush({ onChange }: { onChange: () => void }) {
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<PushTrouble | null>(null);
  const turn = async () => {
    setBusy(true);
    setTrouble(null);
    try {
      if (pushed.value) await unsubscribe();
      else setTrouble(await subscribe());
      onChange();
    } catch (error) {
      tellError(error);
    }
    setBusy(false);
  };
  return (
    <div class="push">
      <div>
        <strong>{pushed.value ? t("push.on") : t("push.off")}</strong>
        <p class={trouble ? "error" : "hint"} role="status">
          {trouble ? t(`push.${trouble}`) : t("push.hint")}
        </p>
      </div>
      <Button busy={busy || pushed.value === null} pressed={Boolean(pushed.value)} onClick={turn}>
        {pushed.value ? t("push.unsubscribe") : t("push.subscribe")}
      </Button>
    </div>
  );
}

/** In one word and one shape how a target is doing. */
function health(target: Notifier): "paused" | "trouble" | "waiting" | "good" | "untried" {
  if (!target.enabled) return "paused";
  if (target.trouble || target.state.error) return "trouble";
  if (target.state.waiting > 0) return "waiting";
  return target.state.success_at ? "good" : "untried";
}

const SHAPES = { paused: "‖", trouble: "▲", waiting: "…", good: "✓", untried: "○" } as const;

function Target({ target, onEdit, onChange }: { target: Notifier; onEdit: () => void; onChange: () => void }) {
  const [testing, setTesting] = useState(false);
  const [result, setResult] = useState<NotifierTestResult | null>(null);
  const [removing, setRemoving] = useState(false);
  const [lettersShown, setLettersShown] = useState(false);
  const { state } = target;
  const how = health(target);
  const here = target.type === "webpush" && target.name === pushName();
  const browser = String(target.options.browser ?? "");
  const test = async () => {
    setTesting(true);
    setResult(null);
    try {
      setResult(await api.testNotifier(target.name));
    } catch (error) {
      tellError(error);
    }
    setTesting(false);
    onChange();
  };
  const change = async (what: Promise<unknown>, said?: string) => {
    try {
      await what;
      if (said) tell(said);
    } catch (error) {
      tellError(error);
    }
    onChange();
  };
  const remove = async () => {
    setRemoving(false);
    const removed = here ? unsubscribe() : api.removeNotifier(target.name);
    await change(removed, t("notifier.removed", { name: target.name }));
  };
  return (
    <li class={`notifier is-${how}`}>
      <header>
        <h3>
          {target.name} <span class="quiet">{[typeName(target.type), browser].filter(Boolean).join(", ")}</span>
        </h3>
        <span class="notifier-health">
          <span aria-hidden="true">{SHAPES[how]}</span> {t(`notifier.health.${how}`)}
        </span>
      </header>
      {!result && (target.trouble ?? state.error) && <p class="error">{target.trouble ?? state.error}</p>}
      <p class="notifier-figures">
        {state.success_at ? (
          <span>
            {t("notifier.last")} <Ago at={state.success_at} />
          </span>
        ) : (
          <span>{t("notifier.never")}</span>
        )}
        {state.waiting > 0 && (
          <span>
            {counted("notifier.waiting", state.waiting)},{" "}
            {t("notifier.oldest", { time: duration(state.oldest_waiting_s * 1000) })}
          </span>
        )}
        {here && <span>{t("notifier.here")}</span>}
        {target.fixed && <span>{t("notifier.fixed")}</span>}
      </p>
      {result && <TestSays result={result} />}
      <div class="actions">
        <Button busy={testing} onClick={test} label={`${t("action.test")}: ${target.name}`}>
          {testing ? t("notifier.testing") : t("action.test")}
        </Button>
        {!target.fixed && (
          <>
            <Button onClick={onEdit} label={`${t("notifier.edit")}: ${target.name}`}>
              {t("notifier.edit")}
            </Button>
            <Button
              onClick={() => change(api.changeNotifier(target.name, { enabled: !target.enabled }))}
              label={`${target.enabled ? t("action.pause") : t("notifier.resume")}: ${target.name}`}
            >
              {target.enabled ? t("action.pause") : t("notifier.resume")}
            </Button>
            <Button kind="quiet" onClick={() => setRemoving(true)} label={`${t("action.remove")}: ${target.name}`}>
              {t("action.remove")}
            </Button>
          </>
        )}
      </div>
      {state.dead > 0 && (
        <details open={lettersShown} onToggle={(event) => setLettersShown(event.currentTarget.open)}>
          <summary>{counted("notifier.dead", state.dead)}</summary>
          {lettersShown && <DeadLetterList name={target.name} count={state.dead} onChange={onChange} />}
        </details>
      )}
      {removing && (
        <Confirm
          title={t("notifier.remove.title", { name: target.name })}
          text={t("notifier.remove.text")}
          action={t("action.remove")}
          onYes={remove}
          onClose={() => setRemoving(false)}
        />
      )}
    </li>
  );
}
