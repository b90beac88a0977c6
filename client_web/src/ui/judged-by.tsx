import { t } from "../i18n";
import { service } from "../state/session";
import { ruleFacts } from "./camera-form";

/** What decides: the rules of cameras without their own, and the models. Both come from the settings file. */
export function JudgedBy() {
  const known = service.value;
  if (!known) return null;
  const models = Object.entries(known.models) as [string, string][];
  return (
    <>
      <section class="card">
        <h2>{t("settings.rules")}</h2>
        <p class="hint">{t("settings.rules.hint")}</p>
        <dl class="facts">
          {ruleFacts(known.rules).map(([label, value]) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd class="num">{value}</dd>
            </div>
          ))}
        </dl>
      </section>
      {models.length > 0 && (
        <section class="card models">
          <h2>{t("settings.models")}</h2>
          <p class="hint">{t("settings.models.hint")}</p>
          <dl class="facts">
            {models.map(([role, files]) => (
              <div key={role}>
                <dt>{t(role === "detector" ? "settings.models.detector" : "settings.models.classifier")}</dt>
                <dd>
                  {files.split("+").map((file) => (
                    <span key={file}>{file}</span>
                  ))}
                </dd>
              </div>
            ))}
          </dl>
        </section>
      )}
    </>
  );
}
