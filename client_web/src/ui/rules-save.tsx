import { useState } from "preact/hooks";
import { t } from "../i18n";
import type { Camera, RuleSettings } from "../wire.gen";
import { Button } from "./basics";
import { changeCamera } from "./camera-actions";

/** Some of a camera's rules while they are changed, and how they are saved. */
export function useRules<K extends keyof RuleSettings>(camera: Camera, keys: readonly K[]) {
  const pick = () => Object.fromEntries(keys.map((key) => [key, camera.rules[key]])) as Pick<RuleSettings, K>;
  const [rules, setRules] = useState(pick);
  const [busy, setBusy] = useState(false);
  const [saved, setSaved] = useState(false);
  const set = (change: Partial<Pick<RuleSettings, K>>) => {
    setSaved(false);
    setRules((before) => ({ ...before, ...change }));
  };
  const save = async (event?: Event) => {
    event?.preventDefault();
    setBusy(true);
    setSaved(await changeCamera(camera.name, { rules: { ...camera.rules, ...rules } }));
    setBusy(false);
  };
  return { rules, set, save, busy, saved };
}

export function SaveRow({ busy, saved, disabled = false }: { busy: boolean; saved: boolean; disabled?: boolean }) {
  return (
    <div class="actions">
      <Button type="submit" kind="primary" busy={busy} disabled={disabled}>
        {t("action.save")}
      </Button>
      <span role="status" class="quiet">
        {saved && t("action.saved")}
      </span>
    </div>
  );
}
