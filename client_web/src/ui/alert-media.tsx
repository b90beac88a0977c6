import { useState } from "preact/hooks";
import { percent, t } from "../i18n";
import type { Alert } from "../wire.gen";
import { evidenceOf } from "./evidence";

type Shown = "frame" | "before" | "clip";

/** The pictures of an alert and its clip: the face beside one large one of the whole scene, which can be chosen. */
export function AlertMedia({ alert }: { alert: Alert }) {
  const [chosen, choose] = useState<Shown>("frame");
  const scenes = (["before", "frame", "clip"] as const).filter((scene) => alert[`${scene}_url`]);
  if (!alert.face_url && scenes.length === 0) return <p class="hint no-picture">{t("alert.noPicture")}</p>;
  const shown = scenes.includes(chosen) ? chosen : (scenes[scenes.length - 1] ?? null);
  return (
    <div class="media">
      <div class="pictures">
        {shown && <Scene alert={alert} scene={shown} />}
        {alert.face_url && (
          <figure class="face-picture">
            <img src={alert.face_url} alt={t("alert.face")} />
            <figcaption class="num">{t("alert.confidence", { percent: percent(alert.confidence) })}</figcaption>
          </figure>
        )}
      </div>
      {scenes.length > 1 && (
        <fieldset class="segments">
          <legend class="unseen">{t("alert.scene")}</legend>
          <div>
            {scenes.map((scene) => (
              <label key={scene} class={scene === shown ? "chosen" : ""}>
                <input
                  type="radio"
                  name="scene"
                  value={scene}
                  checked={scene === shown}
                  onChange={() => choose(scene)}
                />
                {t(`alert.scene.${scene}`)}
              </label>
            ))}
          </div>
        </fieldset>
      )}
    </div>
  );
}

function Scene({ alert, scene }: { alert: Alert; scene: Shown }) {
  const [unplayable, setUnplayable] = useState(false);
  const { frame } = evidenceOf(alert);
  if (scene === "clip") {
    const address = alert.clip_url ?? "";
    return (
      <figure class="frame-picture">
        <video
          src={address}
          poster={alert.frame_url ?? undefined}
          controls
          muted
          playsInline
          preload="metadata"
          aria-label={t("alert.clip")}
          onError={() => setUnplayable(true)}
        />
        {unplayable && (
          <figcaption class="hint">
            {t("alert.clip.unplayable")}{" "}
            <a href={address} download>
              {t("alert.clip.download")}
            </a>
          </figcaption>
        )}
      </figure>
    );
  }
  const address = scene === "before" ? alert.before_url : alert.frame_url;
  return (
    <figure class="frame-picture">
      <img src={address ?? ""} alt={t(`alert.${scene}`)} {...(frame ?? {})} />
    </figure>
  );
}
