import { useState } from "preact/hooks";
import { t } from "../i18n";
import { judge, takeBack } from "../state/alert-actions";
import type { Alert, Truth } from "../wire.gen";
import { Button } from "./basics";

const TRUTHS: readonly Truth[] = ["mask", "no_mask", "incorrect", "not_a_face"];

/** Was it right? What people say is kept, to judge and to train the models by. */
export function Judge({ alert }: { alert: Alert }) {
  const said = alert.feedback;
  // A choice that the server refused is taken back: the browser shows it already, and would not offer it again.
  const [, redraw] = useState(0);
  const choose = async (truth: Truth) => {
    if (!(await judge(alert.id, { wrong: true, truth }))) redraw((n) => n + 1);
  };
  return (
    <section class="judge" aria-labelledby="judge-title">
      <h3 id="judge-title">{t("judge.title")}</h3>
      <div class="actions">
        <Button
          icon="check"
          pressed={said?.wrong === false}
          onClick={() => (said?.wrong === false ? takeBack(alert.id) : judge(alert.id, { wrong: false }))}
        >
          {t("judge.right")}
        </Button>
        <Button
          icon="close"
          pressed={said?.wrong === true}
          onClick={() => (said?.wrong ? takeBack(alert.id) : judge(alert.id, { wrong: true }))}
        >
          {t("judge.wrong")}
        </Button>
      </div>
      {said?.wrong && (
        <fieldset class="segments">
          <legend>{t("judge.truth")}</legend>
          <div>
            {TRUTHS.filter((truth) => truth !== alert.kind).map((truth) => (
              <label key={truth} class={truth === said.truth ? "chosen" : ""}>
                <input
                  type="radio"
                  name="truth"
                  value={truth}
                  checked={truth === said.truth}
                  onChange={() => choose(truth)}
                />
                {t(`truth.${truth}`)}
              </label>
            ))}
          </div>
        </fieldset>
      )}
      <p class="hint">{said ? t("judge.takeBack") : t("judge.hint")}</p>
    </section>
  );
}
