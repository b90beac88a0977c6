import { useState } from "preact/hooks";
import { number, t } from "../i18n";
import { service } from "../state/session";
import type { Camera, CameraChange, RuleSettings } from "../wire.gen";
import { Disclosure, describedBy, type Fact, Facts, Field, Switch } from "./basics";
import { changeCamera } from "./camera-actions";
import { type Looking, lookingOf, PRIORITIES, type Priority, takesSubStream, withLooking } from "./camera-options";
import { NumberField } from "./number-field";
import { SaveRow } from "./rules-save";
import { SubStreamField } from "./sub-stream";

interface Numbers {
  detect_fps: number | null;
  dwell_s: number | null;
  rearm_s: number | null;
  memory_s: number | null;
  sureness: number | null;
  repeat_after_s: number | null;
  min_face_px: number | null;
}

interface Values extends Numbers {
  alert_incorrect: boolean;
  looking: Looking;
}

interface Range {
  name: keyof Numbers;
  min: number;
  max?: number;
  step: number;
  optional?: true;
}

const OFTEN: readonly Range[] = [
  { name: "detect_fps", min: 0.2, max: 60, step: 0.1 },
  { name: "dwell_s", min: 0, max: 3600, step: 0.5 },
  { name: "rearm_s", min: 0, max: 3600, step: 0.5 },
  { name: "memory_s", min: 0.5, max: 60, step: 0.5 },
  { name: "sureness", min: 34, max: 100, step: 1 },
];
const RARELY: readonly Range[] = [
  { name: "repeat_after_s", min: 1, max: 86_400, step: 1, optional: true },
  { name: "min_face_px", min: 4, step: 1 },
];

const KEYS = {
  detect_fps: "page.camera.detect_fps",
  dwell_s: "page.camera.dwell_s",
  rearm_s: "page.camera.rearm_s",
  memory_s: "page.camera.memory_s",
  sureness: "page.camera.min_confidence",
  repeat_after_s: "page.camera.repeat_after_s",
  min_face_px: "page.camera.min_face_px",
} as const;

const HINTS = {
  detect_fps: "page.camera.detect_fps.hint",
  repeat_after_s: "page.camera.repeat_after_s.hint",
  min_face_px: "page.camera.min_face_px.hint",
} as const;

function hintOf(name: keyof Numbers): string | undefined {
  return name in HINTS ? t(HINTS[name as keyof typeof HINTS]) : undefined;
}

function ruleValues(rules: RuleSettings): Omit<Numbers, "detect_fps"> & Pick<Values, "alert_incorrect"> {
  const { dwell_s, rearm_s, memory_s, min_confidence, alert_incorrect, repeat_after_s, min_face_px } = rules;
  return {
    dwell_s,
    rearm_s,
    memory_s,
    sureness: Math.round(min_confidence * 100),
    repeat_after_s,
    min_face_px,
    alert_incorrect,
  };
}

function valuesOf(camera: Camera): Values {
  return { detect_fps: camera.detect_fps, ...ruleValues(camera.rules), looking: lookingOf(camera.options) };
}

/** Not yet saved; of how pictures are looked at, too, only what was changed. */
type Changed = Partial<Omit<Values, "looking">> & { looking?: Partial<Looking> };

function withChanged(camera: Camera, { looking, ...changed }: Changed): Values {
  const present = valuesOf(camera);
  return { ...present, ...changed, looking: { ...present.looking, ...looking } };
}

/** What to ask of the server; the form's own checks see to it that only what may be empty is. */
function changeOf(camera: Camera, changed: Changed): CameraChange {
  const { detect_fps, sureness, looking, ...ruled } = changed;
  return {
    ...(detect_fps !== undefined && { detect_fps }),
    rules: {
      ...camera.rules,
      ...ruled,
      ...(sureness !== undefined && { min_confidence: Number(sureness) / 100 }),
    } as RuleSettings,
    ...(looking && { options: withLooking(camera.options, { ...lookingOf(camera.options), ...looking }) }),
  };
}

/** How a camera is looked at and when it alerts. */
export function CameraForm({ camera }: { camera: Camera }) {
  // What is not changed here follows what is changed elsewhere meanwhile, and is not sent back as it was.
  const [changed, setChanged] = useState<Changed>({});
  const values = withChanged(camera, changed);
  const [busy, setBusy] = useState(false);
  const [saved, setSaved] = useState(false);
  const set = (change: Changed) => {
    setSaved(false);
    setChanged((before) => ({
      ...before,
      ...change,
      ...(change.looking && { looking: { ...before.looking, ...change.looking } }),
    }));
  };
  const save = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    const done = await changeCamera(camera.name, changeOf(camera, changed));
    if (done) setChanged((now) => (now === changed ? {} : now));
    setSaved(done);
    setBusy(false);
  };
  const numberField = ({ name, ...range }: Range) => (
    <NumberField
      key={name}
      id={`camera-${name}`}
      label={t(KEYS[name])}
      hint={hintOf(name)}
      {...range}
      value={values[name]}
      onValue={(value) => set({ [name]: value })}
    />
  );
  return (
    <form class="form" onSubmit={save}>
      <fieldset>
        {OFTEN.map(numberField)}
        <Switch
          id="camera-incorrect"
          label={t("page.camera.alert_incorrect")}
          checked={values.alert_incorrect}
          onChange={(alert_incorrect) => set({ alert_incorrect })}
        />
      </fieldset>
      <Disclosure>
        {RARELY.map(numberField)}
        <LookingFields camera={camera} looking={values.looking} onChange={(looking) => set({ looking })} />
      </Disclosure>
      <SaveRow busy={busy} saved={saved} />
    </form>
  );
}

interface LookingProps {
  camera: Camera;
  looking: Looking;
  onChange: (change: Partial<Looking>) => void;
}

function LookingFields({ camera, looking, onChange: set }: LookingProps) {
  return (
    <>
      <Field id="camera-priority" label={t("page.camera.priority")}>
        <select
          {...describedBy("camera-priority", undefined, false)}
          value={looking.priority}
          onChange={(event) => set({ priority: event.currentTarget.value as Priority })}
        >
          {PRIORITIES.map((one) => (
            <option key={one} value={one}>
              {t(`page.camera.priority.${one}`)}
            </option>
          ))}
        </select>
      </Field>
      <Switch
        id="camera-motion-gate"
        label={t("page.camera.motion_gate")}
        hint={t("page.camera.motion_gate.hint")}
        checked={looking.motion_gate}
        onChange={(motion_gate) => set({ motion_gate })}
      />
      <Switch
        id="camera-detail"
        label={t("page.camera.detail")}
        hint={t("page.camera.detail.hint")}
        checked={looking.detail}
        onChange={(detail) => set({ detail })}
      />
      {takesSubStream(camera.url) && (
        <SubStreamField id="camera-sub-url" value={looking.sub_url} onValue={(sub_url) => set({ sub_url })} />
      )}
      {service.value?.identity && (
        <Switch
          id="camera-identity"
          label={t("page.camera.identity")}
          hint={t("page.camera.identity.hint")}
          checked={looking.identity}
          onChange={(identity) => set({ identity })}
        />
      )}
    </>
  );
}

const yes = (on: boolean) => t(on ? "page.camera.yes" : "page.camera.no");

/** Rules, to be read only. */
export function ruleFacts(rules: RuleSettings): Fact[] {
  const values = ruleValues(rules);
  return [
    ...[...OFTEN, ...RARELY].flatMap(({ name }): Fact[] => {
      if (name === "detect_fps") return [];
      const value = values[name];
      return [[t(KEYS[name]), value === null ? t("page.camera.never") : number(value, 2)]];
    }),
    [t("page.camera.alert_incorrect"), yes(values.alert_incorrect)],
  ];
}

/** The settings of a camera that the settings file sets, to be read only. */
export function CameraValues({ camera }: { camera: Camera }) {
  const looking = lookingOf(camera.options);
  const facts: Fact[] = [
    [t(KEYS.detect_fps), number(camera.detect_fps, 2)],
    ...ruleFacts(camera.rules),
    [t("page.camera.priority"), t(`page.camera.priority.${looking.priority}`)],
    [t("page.camera.motion_gate"), yes(looking.motion_gate)],
    [t("page.camera.detail"), yes(looking.detail)],
    ...(looking.sub_url ? [[t("camera.sub_url"), looking.sub_url] as Fact] : []),
    ...(service.value?.identity ? [[t("page.camera.identity"), yes(looking.identity)] as Fact] : []),
  ];
  return (
    <>
      <Facts facts={facts} />
      <p class="hint">{t("page.camera.fixed")}</p>
    </>
  );
}
