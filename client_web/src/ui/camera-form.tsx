import { useState } from "preact/hooks";
import { number, t } from "../i18n";
import type { Camera, CameraChange, RuleSettings } from "../wire.gen";
import { Button, describedBy, Field, Switch } from "./basics";
import { changeCamera } from "./camera-actions";

interface Values {
  detect_fps: number;
  dwell_s: number;
  rearm_s: number;
  memory_s: number;
  sureness: number;
  alert_incorrect: boolean;
}

const NUMBERS = [
  ["detect_fps", 0.2, 60, 0.1],
  ["dwell_s", 0, 3600, 0.5],
  ["rearm_s", 0, 3600, 0.5],
  ["memory_s", 0.5, 60, 0.5],
  ["sureness", 34, 100, 1],
] as const;

const KEYS = {
  detect_fps: "page.camera.detect_fps",
  dwell_s: "page.camera.dwell_s",
  rearm_s: "page.camera.rearm_s",
  memory_s: "page.camera.memory_s",
  sureness: "page.camera.min_confidence",
} as const;

function valuesOf(camera: Camera): Values {
  const { dwell_s, rearm_s, memory_s, min_confidence, alert_incorrect } = camera.rules;
  return {
    detect_fps: camera.detect_fps,
    dwell_s,
    rearm_s,
    memory_s,
    sureness: Math.round(min_confidence * 100),
    alert_incorrect,
  };
}

/** How a camera is looked at and when it alerts. */
export function CameraForm({ camera }: { camera: Camera }) {
  const [values, setValues] = useState(() => valuesOf(camera));
  const [busy, setBusy] = useState(false);
  const [saved, setSaved] = useState(false);
  const set = (change: Partial<Values>) => {
    setSaved(false);
    setValues({ ...values, ...change });
  };
  const save = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    const rules: RuleSettings = {
      ...camera.rules,
      dwell_s: values.dwell_s,
      rearm_s: values.rearm_s,
      memory_s: values.memory_s,
      min_confidence: values.sureness / 100,
      alert_incorrect: values.alert_incorrect,
    };
    const change: CameraChange = { detect_fps: values.detect_fps, rules };
    setSaved(await changeCamera(camera.name, change));
    setBusy(false);
  };
  return (
    <form class="form" onSubmit={save}>
      <fieldset>
        {NUMBERS.map(([name, min, max, step]) => (
          <Field
            key={name}
            id={`camera-${name}`}
            label={t(KEYS[name])}
            hint={name === "detect_fps" ? t("page.camera.detect_fps.hint") : undefined}
          >
            <input
              {...describedBy(`camera-${name}`, undefined, name === "detect_fps")}
              type="number"
              required
              min={min}
              max={max}
              step={step}
              value={values[name]}
              onInput={(event) => set({ [name]: event.currentTarget.valueAsNumber })}
            />
          </Field>
        ))}
        <Switch
          id="camera-incorrect"
          label={t("page.camera.alert_incorrect")}
          checked={values.alert_incorrect}
          onChange={(alert_incorrect) => set({ alert_incorrect })}
        />
      </fieldset>
      <div class="actions">
        <Button type="submit" kind="primary" busy={busy}>
          {t("action.save")}
        </Button>
        <span role="status" class="quiet">
          {saved && t("action.saved")}
        </span>
      </div>
    </form>
  );
}

/** The same of a camera that the settings file sets, to be read only. */
export function CameraValues({ camera }: { camera: Camera }) {
  const values = valuesOf(camera);
  return (
    <>
      <dl class="facts">
        {NUMBERS.map(([name]) => (
          <div key={name}>
            <dt>{t(KEYS[name])}</dt>
            <dd class="num">{number(values[name], 2)}</dd>
          </div>
        ))}
        <div>
          <dt>{t("page.camera.alert_incorrect")}</dt>
          <dd>{t(values.alert_incorrect ? "page.camera.yes" : "page.camera.no")}</dd>
        </div>
      </dl>
      <p class="hint">{t("page.camera.fixed")}</p>
    </>
  );
}
