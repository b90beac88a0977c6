import { useState } from "preact/hooks";
import { t, tryKey } from "../i18n";
import { describedBy, Field, Switch } from "./basics";
import { MASK, meant, type Option, shown } from "./notifier-options";

interface OptionProps {
  name: string;
  type: string;
  option: Option;
  value: unknown;
  required: boolean;
  onValue: (value: unknown) => void;
}

/** One option of a target, by what its schema says of it. */
export function OptionField({ name, type, option, value, required, onValue }: OptionProps) {
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
