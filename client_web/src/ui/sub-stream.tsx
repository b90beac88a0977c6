import { t } from "../i18n";
import { describedBy, Field } from "./basics";

/** Where a camera's small stream is; as the server, it takes a path or an address, without user and password. */
const ADDRESS = String.raw`(rtsps?:\/\/[^\/@\s]+)?\/[^@\s]*`;

export function SubStreamField({ id, value, onValue }: { id: string; value: string; onValue: (next: string) => void }) {
  return (
    <Field id={id} label={t("camera.sub_url")} hint={t("camera.sub_url.hint")}>
      <input
        {...describedBy(id, undefined)}
        type="text"
        inputMode="url"
        value={value}
        pattern={ADDRESS}
        title={t("camera.sub_url.bad")}
        autoComplete="off"
        autoCapitalize="none"
        spellcheck={false}
        onInput={(event) => onValue(event.currentTarget.value)}
      />
    </Field>
  );
}
