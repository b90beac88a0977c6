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
  return (
    <Field id={id} label={label} hint={hint}>
      <input
        {...describedBy(id, undefined, Boolean(hint))}
        type="number"
        required={!optional}
        min={min}
        {...(max === undefined ? {} : { max })}
        step={step}
        value={value ?? ""}
        onInput={(event) => {
          const { value: text, valueAsNumber } = event.currentTarget;
          onValue(text === "" && optional ? null : valueAsNumber);
        }}
      />
    </Field>
  );
}
