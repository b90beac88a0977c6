import { useState } from "preact/hooks";
import { describedBy, Field } from "./basics";

interface NumberFieldProps {
  id: string;
  label: string;
  hint?: string | undefined;
  min: number;
  max?: number;
  step: number;
  /** Whether it may be left empty, which is `null`. */
  optional?: boolean;
  value: number | null;
  onValue: (value: number | null) => void;
}

export function NumberField({ id, label, hint, min, max, step, optional = false, value, onValue }: NumberFieldProps) {
  const [typed, setTyped] = useState("");
  const read = (text: string) => (text === "" ? (optional ? null : Number.NaN) : Number(text));
  // What is half typed ("1.", of which a browser says "") must not be written over by the number that it means so far.
  const text = Object.is(read(typed), value) ? typed : (value ?? "");
  return (
    <Field id={id} label={label} hint={hint}>
      <input
        {...describedBy(id, undefined, Boolean(hint))}
        type="number"
        required={!optional}
        min={min}
        {...(max === undefined ? {} : { max })}
        step={step}
        value={text}
        onInput={(event) => {
          const { value: next } = event.currentTarget;
          setTyped(next);
          onValue(read(next));
        }}
      />
    </Field>
  );
}
