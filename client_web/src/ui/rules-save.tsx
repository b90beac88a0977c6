import { useState } from "preact/hooks";
import { t } from "../i18n";
import type { Camera, RuleSettings } from "../wire.gen";
import { Button } from "./basics";
import { changeCamera } from "./camera-actions";

/** Some of a camera's rules while they are changed, and how they are saved. */
export function useRules<K extends keyof RuleSettings>(camera: Camera, keys: readonly K[]) {
  // Only what is changed here is kept here and sent: the rest may be changed elsewhere meanwhile, and follows that.
  const [changed, setChanged] = useState<Partial<Pick<RuleSettings, K>>>({});
  const present = Object.fromEntries(keys.map((key) => [key, camera.rules[key]])) as Pick<RuleSettings, K>;
  const rules = { ...present, ...changed };
  const [busy, setBusy] = useState(false);
  const [saved, setSaved] = useState(false);
  const set = (change: Partial<Pick<RuleSettings, K>>) => {
    setSaved(false);
    setChanged((before) => ({ ...before, ...change }));
  };
  const save = async (event?: Event) => {
    event?.preventDefault();
    setBusy(true);
    const done = await changeCamera(camera.name, { rules: { ...camera.rules, ...changed } });
    if (done) setChanged((now) => (now === changed ? {} : now));
    setSaved(done);
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
