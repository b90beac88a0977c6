import { t } from "../i18n";
import type { AlertKind, Camera, RuleSettings, Severity } from "../wire.gen";
import { KINDS, KindShape, SEVERITIES } from "./kinds";
import { NumberField } from "./number-field";
import { SaveRow, useRules } from "./rules-save";

/** Rules that are a number, or nothing where that kind of alert is not wanted. */
const NUMBERS = [
  ["crowd_below_percent", 1, 100, 1, true],
  ["crowd_for_minutes", 0, 1440, 0.5, false],
  ["crowd_min_people", 1, 1000, 1, false],
  ["offline_after_s", 1, 604800, 1, true],
  ["offline_reminder_s", 1, 2592000, 1, true],
  ["blind_after_s", 1, 604800, 1, true],
  ["max_alerts_per_minute", 1, 10000, 1, true],
] as const;

type Name = (typeof NUMBERS)[number][0];

const KEYS: readonly (Name | "severity")[] = [...NUMBERS.map(([name]) => name), "severity"];

/** Which further alerts a camera raises, how many, and how much each kind matters. */
export function RuleFields({ camera }: { camera: Camera }) {
  const { rules, set, save, busy, saved } = useRules(camera, KEYS);
  const severity = rules.severity as Record<AlertKind, Severity>;
  return (
    <form class="form" onSubmit={save}>
      <fieldset>
        {NUMBERS.map(([name, min, max, step, optional]) => (
          <NumberField
            key={name}
            id={`rule-${name}`}
            label={t(`rule.${name}`)}
            hint={optional ? t(name === "max_alerts_per_minute" ? "rule.empty.all" : "rule.empty") : undefined}
            min={min}
            max={max}
            step={step}
            optional={optional}
            value={rules[name]}
            onValue={(value) => set({ [name]: value } as Partial<RuleSettings>)}
          />
        ))}
      </fieldset>
      <fieldset class="severities">
        <legend>{t("rule.severity")}</legend>
        {KINDS.map((kind) => (
          <label key={kind} class="severity-choice">
            <span>
              <KindShape kind={kind} size={12} /> {t(`kind.${kind}`)}
            </span>
            <select
              value={severity[kind]}
              onChange={(event) => set({ severity: { ...severity, [kind]: event.currentTarget.value as Severity } })}
            >
              {SEVERITIES.map((each) => (
                <option key={each} value={each}>
                  {t(`severity.${each}`)}
                </option>
              ))}
            </select>
          </label>
        ))}
      </fieldset>
      <SaveRow busy={busy} saved={saved} />
    </form>
  );
}
