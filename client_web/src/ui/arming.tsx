import { useState } from "preact/hooks";
import { counted, t } from "../i18n";
import { clock, duration } from "../i18n/time";
import { api } from "../state/api";
import { now } from "../state/clock";
import { cameras, noteCamera } from "../state/house";
import { tellError } from "../state/notices";
import type { Camera } from "../wire.gen";
import { Button, Dialog } from "./basics";
import { Glyph } from "./icons";

const MINUTES = [15, 30, 60, 120, 480, 1440];

async function apply(answer: Promise<Camera | Camera[]>): Promise<void> {
  try {
    const found = await answer;
    for (const camera of Array.isArray(found) ? found : [found]) noteCamera(camera);
  } catch (error) {
    tellError(error);
  }
}

/** That a camera raises no alerts now, and until when; null while it does. */
export function notAlerting(camera: Camera): string | null {
  const { armed, until } = camera.alerting;
  if (armed) return null;
  return until ? t("arming.until", { time: clock(Date.parse(until), now()) }) : t("arming.never");
}

/** The same, and who wanted it. */
function notAlertingBecause(camera: Camera): string | null {
  const { reason, disarmed_by } = camera.alerting;
  const words = notAlerting(camera);
  if (words === null) return null;
  if (reason !== "disarmed") return words;
  return `${words} ${disarmed_by ? t("arming.by", { name: disarmed_by }) : t("arming.by.nobody")}`;
}

/** Whether this camera raises alerts, with a button to switch that off for a while, or on again. */
export function ArmingCard({ camera }: { camera: Camera }) {
  const [asking, setAsking] = useState(false);
  const words = notAlertingBecause(camera);
  const disarmed = camera.alerting.reason === "disarmed";
  return (
    <div class={`arming ${words ? "off" : ""}`}>
      <p role="status">
        <Glyph name={words ? "muted" : "alerts"} />
        <span>{words ?? t("arming.on")}</span>
      </p>
      {disarmed ? (
        <Button icon="play" onClick={() => apply(api.armCamera(camera.name))}>
          {t("arming.arm")}
        </Button>
      ) : (
        <Button icon="muted" onClick={() => setAsking(true)}>
          {t("arming.disarm")}
        </Button>
      )}
      {asking && (
        <AskHowLong
          title={t("arming.disarm.title", { camera: camera.name })}
          onMinutes={(minutes) => apply(api.disarmCamera(camera.name, minutes))}
          onClose={() => setAsking(false)}
        />
      )}
    </div>
  );
}

/** The same for all cameras at once, in one line. */
export function ArmingOfAll() {
  const [asking, setAsking] = useState(false);
  const all = cameras.value ?? [];
  const disarmed = all.filter((camera) => camera.alerting.reason === "disarmed");
  const first = disarmed[0];
  if (all.length === 0) return null;
  return (
    <div class={`arming all ${first ? "off" : ""}`}>
      {first && (
        <p role="status">
          <Glyph name="muted" />
          <span>
            {disarmed.length === 1 || disarmed.length < all.length
              ? `${counted("arming.some", disarmed.length)} ${disarmed.map((camera) => camera.name).join(", ")}`
              : notAlertingBecause(first)}
          </span>
        </p>
      )}
      {first ? (
        <Button icon="play" onClick={() => apply(api.armAll())}>
          {t("arming.arm.all")}
        </Button>
      ) : (
        <Button kind="quiet" icon="muted" onClick={() => setAsking(true)}>
          {t("arming.disarm.all")}
        </Button>
      )}
      {asking && (
        <AskHowLong
          title={t("arming.disarm.all.title")}
          onMinutes={(minutes) => apply(api.disarmAll(minutes))}
          onClose={() => setAsking(false)}
        />
      )}
    </div>
  );
}

function AskHowLong({
  title,
  onMinutes,
  onClose,
}: {
  title: string;
  onMinutes: (minutes: number) => void;
  onClose: () => void;
}) {
  return (
    <Dialog title={title} onClose={onClose} actions={<Button onClick={onClose}>{t("action.cancel")}</Button>}>
      <p>{t("arming.disarm.text")}</p>
      <div class="minutes">
        {MINUTES.map((minutes) => (
          <Button
            key={minutes}
            onClick={() => {
              onMinutes(minutes);
              onClose();
            }}
          >
            {minutes < 60 ? duration(minutes * 60_000) : counted("arming.hours", minutes / 60)}
          </Button>
        ))}
      </div>
    </Dialog>
  );
}
