import { useRef, useState } from "preact/hooks";
import { t, tryKey } from "../i18n";
import { api } from "../state/api";
import { cameras } from "../state/house";
import { explain, tell } from "../state/notices";
import type { EventAction, Notifier, NotifierCreate, NotifierTestResult, NotifierType, Severity } from "../wire.gen";
import { Button, Disclosure, describedBy, Field, Switch } from "./basics";
import { KINDS } from "./kinds";
import { OptionField } from "./notifier-option";
import { type Option, type Options, plain, RARELY, withOption } from "./notifier-options";
import { TestSays, typeName } from "./notifier-words";
import { Several } from "./several";

const ACTIONS = ["raised", "escalated", "reminded", "closed", "acknowledged"] as const;
const RARE_ACTIONS = ["updated", "snoozed", "woken", "marked", "unmarked", "clip", "erased"] as const;
const SEVERITIES = ["info", "warning", "critical"] as const;

type Wanted = Pick<Notifier, "cameras" | "kinds" | "actions" | "min_severity" | "with_pictures">;

function wantedOf(target: Notifier | undefined): Wanted {
  if (!target)
    return {
      cameras: [],
      kinds: [],
      actions: ["raised", "escalated", "closed"],
      min_severity: "info",
      with_pictures: true,
    };
  const { cameras, kinds, actions, min_severity, with_pictures } = target;
  return { cameras, kinds, actions, min_severity, with_pictures };
}

interface Props {
  types: NotifierType[];
  /** The target to change; a new one without. */
  old?: Notifier;
  onDone: (saved: Notifier | null) => void;
}

/** A target's settings; which there are is read off the JSON schema that the server gives for its type. */
export function NotifierForm({ types, old, onDone }: Props) {
  const [type, setType] = useState(old?.type ?? "apprise");
  const [name, setName] = useState(old?.name ?? "");
  const [options, setOptions] = useState<Options>(old?.options ?? {});
  const [wanted, setWanted] = useState(() => wantedOf(old));
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | undefined>();
  const trial = useTrial();
  const schema = types.find((one) => one.type === type)?.options_schema as
    | { properties: Record<string, Option>; required?: string[] }
    | undefined;
  const fields = Object.entries(schema?.properties ?? {}).map(([key, option]) => [key, plain(option)] as const);
  const field = ([key, option]: readonly [string, Option]) => (
    <OptionField
      key={`${type}-${key}`}
      name={key}
      type={type}
      option={option}
      value={options[key]}
      required={schema?.required?.includes(key) ?? false}
      onValue={(value) => {
        trial.forget();
        setOptions((before) => withOption(before, key, value));
      }}
    />
  );
  const save = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    const body = { ...wanted, options } as Omit<NotifierCreate, "name" | "type">;
    try {
      onDone(old ? await api.changeNotifier(old.name, body) : await api.addNotifier({ ...body, name, type }));
      tell(t("notifier.saved", { name }));
    } catch (problem) {
      setError(explain(problem));
    }
    setBusy(false);
  };
  const test = (event: MouseEvent) => {
    const form = (event.currentTarget as HTMLButtonElement).form;
    // The test needs everything but a name.
    const asked = [...(form?.elements ?? [])] as HTMLInputElement[];
    if (!asked.every((one) => one.id === "notifier-name" || one.reportValidity())) return;
    setError(undefined);
    void trial.run({ type, options, with_pictures: wanted.with_pictures, of: old?.name ?? null }, setError);
  };
  return (
    <form class="form notifier-form" onSubmit={save}>
      {!old && (
        <>
          <Field id="notifier-type" label={t("notifier.type")} hint={tryKey(`notifier.type.${type}.hint`)}>
            <select
              {...describedBy("notifier-type", undefined)}
              value={type}
              onChange={(event) => {
                setType(event.currentTarget.value);
                setOptions({});
                trial.forget();
              }}
            >
              {types
                .filter((one) => one.type !== "webpush")
                .map((one) => (
                  <option key={one.type} value={one.type}>
                    {typeName(one.type)}
                  </option>
                ))}
            </select>
          </Field>
          <Field id="notifier-name" label={t("notifier.name")} hint={t("notifier.name.hint")}>
            <input
              {...describedBy("notifier-name", undefined)}
              required
              value={name}
              maxLength={63}
              pattern="[a-z0-9_\-]+"
              autoComplete="off"
              autoCapitalize="none"
              spellcheck={false}
              onInput={(event) => setName(event.currentTarget.value)}
            />
          </Field>
        </>
      )}
      {type !== "webpush" && fields.filter(([key]) => !RARELY.has(key)).map(field)}
      <WantedFields
        wanted={wanted}
        takesPictures={type !== "webpush"}
        onChange={(next) => {
          if (next.with_pictures !== wanted.with_pictures) trial.forget();
          setWanted(next);
        }}
      />
      <Disclosure>
        <Several
          label={t("notifier.actions.rare")}
          values={wanted.actions}
          options={RARE_ACTIONS.map((action) => [action, t(`notifier.action.${action}`)])}
          onChoice={(rare = []) =>
            setWanted({ ...wanted, actions: [...wanted.actions.filter((one) => !isRare(one)), ...rare] })
          }
        />
        {type !== "webpush" && fields.filter(([key]) => RARELY.has(key)).map(field)}
      </Disclosure>
      {error && (
        <p class="error" role="alert">
          {error}
        </p>
      )}
      {trial.result && <TestSays result={trial.result} />}
      <div class="actions">
        <Button onClick={() => onDone(null)}>{t("action.cancel")}</Button>
        <Button busy={trial.running} onClick={test}>
          {trial.running ? t("notifier.testing") : t("notifier.test")}
        </Button>
        <Button type="submit" kind="primary" busy={busy} disabled={wanted.actions.length === 0}>
          {old ? t("action.save") : t("notifier.add")}
        </Button>
      </div>
    </form>
  );
}

function isRare(action: EventAction): action is (typeof RARE_ACTIONS)[number] {
  return (RARE_ACTIONS as readonly string[]).includes(action);
}

interface WantedProps {
  wanted: Wanted;
  takesPictures: boolean;
  onChange: (next: Wanted) => void;
}

/** Of which alerts a target is told, and when. */
function WantedFields({ wanted, takesPictures, onChange }: WantedProps) {
  const set = (change: Partial<Wanted>) => onChange({ ...wanted, ...change });
  // Those that are chosen too, though they may have been removed meanwhile.
  const names = new Set([...(cameras.value ?? []).map((camera) => camera.name), ...wanted.cameras]);
  return (
    <>
      <fieldset class="checks">
        <legend>{t("notifier.actions")}</legend>
        {ACTIONS.map((action) => (
          <Switch
            key={action}
            id={`notifier-action-${action}`}
            label={t(`notifier.action.${action}`)}
            checked={wanted.actions.includes(action)}
            onChange={(on) =>
              set({ actions: on ? [...wanted.actions, action] : wanted.actions.filter((one) => one !== action) })
            }
          />
        ))}
        {wanted.actions.length === 0 && (
          <p class="error" role="status">
            {t("notifier.actions.none")}
          </p>
        )}
      </fieldset>
      <Several
        label={t("notifier.kinds")}
        hint={t("notifier.any")}
        values={wanted.kinds}
        options={KINDS.map((kind) => [kind, t(`kind.${kind}`)])}
        onChoice={(kinds = []) => set({ kinds })}
      />
      {(names.size > 1 || wanted.cameras.length > 0) && (
        <Several
          label={t("notifier.cameras")}
          hint={t("notifier.any")}
          values={wanted.cameras}
          options={[...names].map((name) => [name, name])}
          onChoice={(cameras = []) => set({ cameras })}
        />
      )}
      <Field id="notifier-severity" label={t("notifier.severity")}>
        <select
          id="notifier-severity"
          value={wanted.min_severity}
          onChange={(event) => set({ min_severity: event.currentTarget.value as Severity })}
        >
          {SEVERITIES.map((one) => (
            <option key={one} value={one}>
              {t(`notifier.severity.${one}`)}
            </option>
          ))}
        </select>
      </Field>
      {takesPictures && (
        <Switch
          id="notifier-pictures"
          label={t("notifier.pictures")}
          hint={t("notifier.pictures.hint")}
          checked={wanted.with_pictures}
          onChange={(with_pictures) => set({ with_pictures })}
        />
      )}
    </>
  );
}

/** A test by settings that are not saved; one that is overtaken by other settings says nothing any more. */
function useTrial() {
  const [running, setRunning] = useState(false);
  const [result, setResult] = useState<NotifierTestResult | null>(null);
  const newest = useRef(0);
  const forget = () => {
    newest.current += 1;
    setRunning(false);
    setResult(null);
  };
  const run = async (settings: Parameters<typeof api.testSettings>[0], onTrouble: (words: string) => void) => {
    forget();
    const mine = newest.current;
    setRunning(true);
    try {
      const told = await api.testSettings(settings);
      if (mine === newest.current) setResult(told);
    } catch (problem) {
      if (mine === newest.current) onTrouble(explain(problem));
    }
    if (mine === newest.current) setRunning(false);
  };
  return { running, result, forget, run };
}
