import { useState } from "preact/hooks";
import { t, tryKey } from "../i18n";
import { api } from "../state/api";
import { cameras } from "../state/house";
import { explain, tell } from "../state/notices";
import type { Notifier, NotifierCreate, NotifierType } from "../wire.gen";
import { Button, Disclosure, describedBy, Field, Switch } from "./basics";

/** What a JSON schema says of one option, as far as a form needs it. */
interface Option {
  type?: "string" | "integer" | "number" | "boolean" | "array" | "object";
  enum?: string[];
  const?: string;
  anyOf?: Option[];
  default?: unknown;
  format?: string;
  description?: string;
  items?: Option;
}

type Options = Record<string, unknown>;

const ACTIONS = ["raised", "escalated", "reminded", "closed", "acknowledged"] as const;
const SEVERITIES = ["info", "warning", "critical"] as const;
const MASK = "***";
/** What nearly everybody leaves as it is. */
const RARELY = new Set([
  "timeout_s",
  "ca_file",
  "verify_tls",
  "template",
  "content_type",
  "headers",
  "method",
  "prefix",
  "discovery_prefix",
  "pictures",
]);

function plain(option: Option): Option {
  const inner = option.anyOf?.find((one) => one.type && (one.type as string) !== "null");
  return inner ? { ...inner, ...option } : option;
}

const LINES = (text: string) =>
  text
    .split(/[\n,]/)
    .map((one) => one.trim())
    .filter(Boolean);

function pairs(text: string): Record<string, string> {
  return Object.fromEntries(
    text
      .split("\n")
      .filter((line) => line.includes(":"))
      .map((line) => {
        const at = line.indexOf(":");
        return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
      }),
  );
}

function shown(option: Option, value: unknown): string {
  if (option.type === "array") return ((value as string[] | undefined) ?? []).join("\n");
  if (option.type === "object")
    return Object.entries((value as Record<string, string> | undefined) ?? {})
      .map(([name, one]) => `${name}: ${one}`)
      .join("\n");
  return value === undefined || value === null ? "" : String(value);
}

/** What the text in a field stands for; undefined leaves the option out. */
function meant(option: Option, text: string): unknown {
  if (!text.trim()) return undefined;
  if (option.type === "array") return LINES(text);
  if (option.type === "object") return pairs(text);
  return option.type === "integer" || option.type === "number" ? Number(text) : text;
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
  const [wanted, setWanted] = useState({
    cameras: old?.cameras ?? [],
    actions: old?.actions ?? ["raised", "escalated", "closed"],
    min_severity: old?.min_severity ?? "info",
    with_pictures: old?.with_pictures ?? true,
  });
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | undefined>();
  const schema = types.find((one) => one.type === type)?.options_schema as
    | { properties: Record<string, Option>; required?: string[] }
    | undefined;
  const fields = Object.entries(schema?.properties ?? {}).map(([key, option]) => [key, plain(option)] as const);
  const set = (key: string, value: unknown) => {
    const next = { ...options };
    if (value === undefined) delete next[key];
    else next[key] = value;
    setOptions(next);
  };
  const field = ([key, option]: readonly [string, Option]) => (
    <OptionField
      key={`${type}-${key}`}
      name={key}
      type={type}
      option={option}
      value={options[key]}
      required={schema?.required?.includes(key) ?? false}
      onValue={(value) => set(key, value)}
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
      <fieldset class="checks">
        <legend>{t("notifier.actions")}</legend>
        {ACTIONS.map((action) => (
          <Switch
            key={action}
            id={`notifier-action-${action}`}
            label={t(`notifier.action.${action}`)}
            checked={wanted.actions.includes(action)}
            onChange={(on) =>
              setWanted({
                ...wanted,
                actions: on ? [...wanted.actions, action] : wanted.actions.filter((one) => one !== action),
              })
            }
          />
        ))}
      </fieldset>
      <Field id="notifier-severity" label={t("notifier.severity")}>
        <select
          id="notifier-severity"
          value={wanted.min_severity}
          onChange={(event) => setWanted({ ...wanted, min_severity: event.currentTarget.value as "info" })}
        >
          {SEVERITIES.map((one) => (
            <option key={one} value={one}>
              {t(`notifier.severity.${one}`)}
            </option>
          ))}
        </select>
      </Field>
      {(cameras.value?.length ?? 0) > 1 && (
        <fieldset class="checks">
          <legend>{t("notifier.cameras")}</legend>
          <p class="hint">{t("notifier.cameras.hint")}</p>
          {cameras.value?.map(({ name: camera }) => (
            <Switch
              key={camera}
              id={`notifier-camera-${camera}`}
              label={camera}
              checked={wanted.cameras.includes(camera)}
              onChange={(on) =>
                setWanted({
                  ...wanted,
                  cameras: on ? [...wanted.cameras, camera] : wanted.cameras.filter((one) => one !== camera),
                })
              }
            />
          ))}
        </fieldset>
      )}
      {type !== "webpush" && (
        <Switch
          id="notifier-pictures"
          label={t("notifier.pictures")}
          hint={t("notifier.pictures.hint")}
          checked={wanted.with_pictures}
          onChange={(with_pictures) => setWanted({ ...wanted, with_pictures })}
        />
      )}
      {type !== "webpush" && <Disclosure>{fields.filter(([key]) => RARELY.has(key)).map(field)}</Disclosure>}
      {error && (
        <p class="error" role="alert">
          {error}
        </p>
      )}
      <div class="actions">
        <Button onClick={() => onDone(null)}>{t("action.cancel")}</Button>
        <Button type="submit" kind="primary" busy={busy} disabled={wanted.actions.length === 0}>
          {old ? t("action.save") : t("notifier.add")}
        </Button>
      </div>
    </form>
  );
}

export function typeName(type: string): string {
  return tryKey(`notifier.type.${type}`) ?? type;
}

interface OptionProps {
  name: string;
  type: string;
  option: Option;
  value: unknown;
  required: boolean;
  onValue: (value: unknown) => void;
}

function OptionField({ name, type, option, value, required, onValue }: OptionProps) {
  const id = `notifier-option-${name}`;
  const label = tryKey(`notifier.option.${name}`) ?? name;
  const hint = tryKey(`notifier.hint.${type}.${name}`);
  const [text, setText] = useState(() => shown(option, value));
  if (option.type === "boolean")
    return <Switch id={id} label={label} hint={hint} checked={Boolean(value ?? option.default)} onChange={onValue} />;
  const tied = describedBy(id, undefined, Boolean(hint));
  const input = (next: string) => {
    setText(next);
    onValue(meant(option, next));
  };
  if (option.enum)
    return (
      <Field id={id} label={label} hint={hint}>
        <select {...tied} value={text || String(option.default)} onChange={(event) => input(event.currentTarget.value)}>
          {option.enum.map((one) => (
            <option key={one} value={one}>
              {tryKey(`notifier.choice.${one}`) ?? one}
            </option>
          ))}
        </select>
      </Field>
    );
  if (option.type === "array" || option.type === "object" || name === "template")
    return (
      <Field id={id} label={label} hint={hint}>
        <textarea {...tied} rows={3} required={required} value={text} onInput={(e) => input(e.currentTarget.value)} />
      </Field>
    );
  const numeric = option.type === "integer" || option.type === "number";
  // Addresses hold secrets too, but nobody can type them unseen.
  const hidden = option.format === "password" && name !== "url";
  return (
    <Field id={id} label={label} hint={value === MASK ? t("notifier.kept") : hint}>
      <input
        {...describedBy(id, undefined, Boolean(hint) || value === MASK)}
        type={(numeric ? "number" : hidden ? "password" : "text") as "text"}
        {...(numeric ? { step: "any" } : {})}
        required={required}
        autoComplete={hidden ? "new-password" : "off"}
        autoCapitalize="none"
        spellcheck={false}
        placeholder={option.default === undefined || option.default === null ? "" : String(option.default)}
        value={text}
        onInput={(event) => input(event.currentTarget.value)}
      />
    </Field>
  );
}
