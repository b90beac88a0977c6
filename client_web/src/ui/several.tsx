interface SeveralProps<T extends string> {
  label: string;
  hint?: string;
  values: readonly T[];
  options: readonly (readonly [T, string])[];
  onChoice: (values: T[] | undefined) => void;
}

/** Any of some values; none chosen is all of them, or whatever `hint` says. */
export function Several<T extends string>({ label, hint, values, options, onChoice }: SeveralProps<T>) {
  const toggle = (key: T) => {
    const next = options.map(([each]) => each).filter((each) => values.includes(each) !== (each === key));
    onChoice(next.length ? next : undefined);
  };
  return (
    <fieldset class="chips">
      <legend>{label}</legend>
      {hint && <p class="hint">{hint}</p>}
      <div>
        {options.map(([key, words]) => (
          <label key={key} class={values.includes(key) ? "chosen" : ""}>
            <input type="checkbox" checked={values.includes(key)} onChange={() => toggle(key)} />
            <span>{words}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
