import { useEffect, useState } from "preact/hooks";
import { number, percent, t } from "../i18n";
import { duration, ticking } from "../i18n/time";
import { shown } from "../live/words";
import { api } from "../state/api";
import {
  alerts,
  cameraNamed,
  cameras,
  connected,
  erased,
  follow,
  forgetCamera,
  look,
  pollHealth,
  restoreCamera,
} from "../state/house";
import { tell, tellError } from "../state/notices";
import { go } from "../state/router";
import { AlertRow } from "../ui/alert-row";
import { ArmingCard } from "../ui/arming";
import { Button, Confirm, Empty, type Fact, Facts } from "../ui/basics";
import { changeCamera } from "../ui/camera-actions";
import { CameraForm, CameraValues } from "../ui/camera-form";
import { peopleInWords, shownState, since, stateWord, streamInWords } from "../ui/camera-words";
import { LabelShape, StateShape } from "../ui/icons";
import { useLoad } from "../ui/load";
import { PublishLink } from "../ui/publish-link";
import { RuleFields } from "../ui/rule-fields";
import { ScheduleEditor, scheduleInWords } from "../ui/schedule-editor";
import { Stage } from "../ui/stage";
import { ZoneEditor } from "../ui/zone-editor";
import type { Alert, Camera } from "../wire.gen";

export function CameraPage({ name }: { name: string }) {
  const camera = cameraNamed(name);
  useEffect(pollHealth, []);
  if (cameras.value === null) return <p class="loading">{t("loading")}</p>;
  if (!camera) {
    return (
      <Empty page icon="live" title={t("page.camera.missing", { camera: name })}>
        <p class="hint">{t("page.camera.missing.hint")}</p>
        <a class="button" href="/">
          {t("nav.live")}
        </a>
      </Empty>
    );
  }
  return (
    <div class="camera-page">
      <Head camera={camera} />
      <div class="camera-columns">
        <div class="camera-main">
          <Stage key={name} camera={camera} large />
          <People camera={camera} />
          <section class="card">
            <h2>{t("zones.title")}</h2>
            {camera.fixed ? <ZoneValues camera={camera} /> : <ZoneEditor key={name} camera={camera} />}
          </section>
          <ItsAlerts camera={name} />
        </div>
        <aside class="camera-side">
          <section class="card">
            <h2>{t("arming.title")}</h2>
            <ArmingCard camera={camera} />
            {camera.fixed ? <ScheduleValues camera={camera} /> : <ScheduleEditor key={name} camera={camera} />}
          </section>
          <Health camera={camera} />
          {camera.publish_url && (
            <section class="card">
              <h2>{t("page.camera.publish")}</h2>
              <PublishLink camera={camera} />
            </section>
          )}
          <section class="card">
            <h2>{t("page.camera.settings")}</h2>
            {camera.fixed ? <CameraValues camera={camera} /> : <CameraForm key={name} camera={camera} />}
          </section>
          {!camera.fixed && (
            <section class="card">
              <h2>{t("rule.title")}</h2>
              <RuleFields key={name} camera={camera} />
            </section>
          )}
        </aside>
      </div>
    </div>
  );
}

/** Zones of a camera that the settings file sets. */
function ZoneValues({ camera }: { camera: Camera }) {
  const { zones } = camera.rules;
  if (zones.length === 0) return <p class="hint">{t("zones.none")}</p>;
  return (
    <ul class="plain">
      {zones.map((zone) => (
        <li key={zone.name}>
          {zone.name} <span class="quiet">{t(`zones.mode.${zone.mode}`)}</span>
        </li>
      ))}
    </ul>
  );
}

function ScheduleValues({ camera }: { camera: Camera }) {
  const { schedules, time_zone } = camera.rules;
  if (schedules.length === 0) return <p class="hint">{t("schedule.always")}</p>;
  return (
    <ul class="plain">
      {schedules.map((schedule) => (
        <li key={scheduleInWords(schedule)}>{scheduleInWords(schedule)}</li>
      ))}
      <li class="quiet">{time_zone}</li>
    </ul>
  );
}

function Head({ camera }: { camera: Camera }) {
  const [removing, setRemoving] = useState(false);
  const paused = !camera.enabled;
  const remove = async () => {
    setRemoving(false);
    // Away with its pictures first: what is still asked for while it goes would be an error.
    go("/");
    forgetCamera(camera.name);
    try {
      await api.removeCamera(camera.name);
    } catch (error) {
      tellError(error);
      await restoreCamera(camera.name);
      return;
    }
    tell(t("page.camera.removed", { camera: camera.name }));
  };
  return (
    <header class="page-head">
      <div>
        <h1>{camera.name}</h1>
        <p class={`page-state state-${shownState(camera, connected.value)}`}>
          <StateShape state={shownState(camera, connected.value)} size={13} />
          {stateWord(camera, connected.value)} <span class="quiet">{since(camera)}</span>
        </p>
      </div>
      {!camera.fixed && (
        <div class="actions">
          <Button icon={paused ? "play" : "pause"} onClick={() => changeCamera(camera.name, { enabled: paused })}>
            {paused ? t("action.resume") : t("action.pause")}
          </Button>
          <Button icon="trash" onClick={() => setRemoving(true)}>
            {t("action.remove")}
          </Button>
        </div>
      )}
      {removing && (
        <Confirm
          title={t("page.camera.remove.title", { camera: camera.name })}
          text={t("page.camera.remove.text")}
          action={t("action.remove")}
          onYes={remove}
          onClose={() => setRemoving(false)}
        />
      )}
    </header>
  );
}

function People({ camera }: { camera: Camera }) {
  // The picture follows while it is in sight; who scrolls on to this list or below still wants to know.
  useEffect(() => follow(camera.name, () => {}), [camera.name]);
  const watching = shownState(camera, connected.value) === "online";
  const people = [...(look(camera.name).value?.people ?? [])].sort((a, b) => b.seen_s - a.seen_s);
  return (
    <section class="card people">
      <h2 id="people">{t("page.camera.people")}</h2>
      {/* Of one height, whoever comes and goes: what is below must not move under a finger. */}
      <ul tabIndex={people.length > 3 ? 0 : undefined} aria-labelledby="people">
        {people.length === 0 && (
          <li class="hint">{watching ? peopleInWords(look(camera.name).value) : t("page.camera.people.blind")}</li>
        )}
        {people.map((person) => {
          const { label, confidence, settled } = shown(person);
          const words = t(`label.${label}`);
          return (
            <li key={person.track_id} class={`label-${label}`}>
              <LabelShape label={label} size={14} />
              <strong>{settled || label === "unknown" ? words : t("label.guess", { label: words })}</strong>
              <span class="num quiet">{label === "unknown" ? "" : percent(confidence)}</span>
              <span class="num quiet">
                {t("page.camera.seen", { time: ticking(person.seen_s * 1000) })}
                {!person.watched && ` · ${t("zones.outside")}`}
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function ItsAlerts({ camera }: { camera: string }) {
  const [older, setOlder] = useState<readonly Alert[]>([]);
  useLoad(async () => setOlder((await api.alerts({ camera }, undefined, 20)).alerts), [camera]);
  const live = (alerts.value ?? []).filter((alert) => alert.camera === camera);
  const ids = new Set(live.map((alert) => alert.id));
  const all = [...live, ...older.filter(({ id }) => !ids.has(id) && !erased.value.has(id))].slice(0, 20);
  return (
    <section class="card flush">
      <header>
        <h2>{t("page.camera.alerts")}</h2>
        <a href={`/alerts?camera=${camera}`}>{t("live.feed.all")}</a>
      </header>
      {all.length === 0 && <p class="hint">{t("page.camera.alerts.none")}</p>}
      <ol class="rows">
        {all.map((alert) => (
          <AlertRow key={alert.id} alert={alert} />
        ))}
      </ol>
    </section>
  );
}

function Health({ camera }: { camera: Camera }) {
  const { looks_per_s, frames_per_s, frame_age_s, decode_share, reduced } = camera.health;
  const running = camera.state === "online";
  const rows: Fact[] = [
    [
      t("page.camera.health.looks"),
      !running
        ? "–"
        : reduced
          ? t("page.camera.health.reduced", { looks: number(looks_per_s, 1) })
          : number(looks_per_s, 1),
    ],
    [t("page.camera.health.frames"), running ? number(frames_per_s, 1) : "–"],
    [t("page.camera.health.age"), running && frame_age_s !== null ? duration(frame_age_s * 1000) : "–"],
    [
      t("page.camera.health.decoding"),
      running && decode_share !== null
        ? t("page.camera.health.decoding.share", { share: number(decode_share * 100, 1) })
        : "–",
    ],
    [t("page.camera.health.stream"), streamInWords(camera) || "–"],
    [
      t("page.camera.health.live"),
      running ? t(camera.passthrough ? "page.camera.health.passthrough" : "page.camera.health.reencoded") : "–",
    ],
  ];
  if (running && camera.detects_on) {
    const which = camera.detects_on === "sub" ? "page.camera.health.detects.sub" : "page.camera.health.detects.main";
    rows.push([t("page.camera.health.detects"), t(which)]);
  }
  rows.push([t("page.camera.health.address"), camera.url]);
  return (
    <section class="card">
      <h2>{t("page.camera.health")}</h2>
      <Facts facts={rows} />
    </section>
  );
}
