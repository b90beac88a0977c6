import { t } from "../i18n";
import { describedBy, Field } from "./basics";

interface NameFieldProps {
  name: string;
  error: string | undefined;
  onName: (name: string) => void;
}

/** The name that a new camera is to have. */
export function NameField({ name, error, onName }: NameFieldProps) {
  return (
    <Field id="name" label={t("add.name")} hint={t("add.name.hint")} error={error}>
      <input
        {...describedBy("name", error)}
        value={name}
        maxLength={63}
        autoComplete="off"
        autoCapitalize="none"
        spellcheck={false}
        onInput={(event) => onName(event.currentTarget.value)}
      />
    </Field>
  );
}
