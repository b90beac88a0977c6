import { t } from "../i18n";
import { service } from "../state/session";
import { type Fact, Facts } from "./basics";
import { ruleFacts } from "./camera-form";

/** What decides: the rules of cameras without their own, and the models. Both come from the settings file. */
export function JudgedBy() {
  const known = service.value;
  if (!known) return null;
  const models = Object.entries(known.models).map(
    ([role, files]): Fact => [
      t(role === "detector" ? "settings.models.detector" : "settings.models.classifier"),
      files.split("+").map((file) => <span key={file}>{file}</span>),
    ],
  );
  return (
    <>
      <section class="card">
        <h2>{t("settings.rules")}</h2>
        <p class="hint">{t("settings.rules.hint")}</p>
        <Facts facts={ruleFacts(known.rules)} />
      </section>
      {models.length > 0 && (
        <section class="card models">
          <h2>{t("settings.models")}</h2>
          <p class="hint">{t("settings.models.hint")}</p>
          <Facts facts={models} />
        </section>
      )}
    </>
  );
}
