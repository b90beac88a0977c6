import { t } from "../i18n";
import { LABELS } from "../live/words";
import { connected, look, openByCamera } from "../state/house";
import type { Camera } from "../wire.gen";
import { notAlerting } from "./arming";
import { peopleInWords, shownState, stateWord, tallyOf } from "./camera-words";
import { Glyph, LabelShape, StateShape } from "./icons";
import { KindShape } from "./kinds";
import { Stage } from "./stage";
import { lasting } from "./time";

/** One camera of the grid: its picture, and below it who is in view, its state and an open alert, in words. */
export function Tile({ camera }: { camera: Camera }) {
  const open = openByCamera.value.get(camera.name);
  const worst = open?.find((alert) => alert.kind === "no_mask") ?? open?.[0];
  const state = shownState(camera, connected.value);
  const alerting = worst && state === "online";
  const unarmed = notAlerting(camera);
  return (
    <article
      class={`tile ${worst ? `alerting kind-${worst.kind}` : ""}`}
      data-key={camera.name}
      data-camera={camera.name}
      data-state={state}
      aria-labelledby={`tile-${camera.name}`}
    >
      <Stage camera={camera} />
      <footer>
        <h3 id={`tile-${camera.name}`}>
          <a class="tile-link" href={`/cameras/${camera.name}`}>
            {camera.name}
          </a>
        </h3>
        {alerting ? (
          <p class="tile-alert">
            <KindShape kind={worst.kind} size={13} />
            {t("live.alert", { kind: t(`kind.short.${worst.kind}`), time: lasting(worst.raised_at) })}
          </p>
        ) : (
          state === "online" && !unarmed && <Tally camera={camera.name} />
        )}
        {unarmed && !alerting && (
          <p class="tile-unarmed">
            <Glyph name="muted" size={12} />
            {unarmed}
          </p>
        )}
        <p class={`tile-state state-${state}`}>
          <StateShape state={state} size={11} />
          {alerting ? <span class="unseen">{t("state.online")}</span> : stateWord(camera, connected.value)}
        </p>
      </footer>
    </article>
  );
}

/** Who is in view, by shape and number; in full for who can't see the shapes. */
export function Tally({ camera }: { camera: string }) {
  const newest = look(camera).value;
  const counts = tallyOf(newest);
  const words = LABELS.filter((label) => counts[label]).map((label) => `${counts[label]} ${t(`label.${label}`)}`);
  return (
    <p class="tally">
      <span class="unseen">{words.length ? words.join(", ") : peopleInWords(newest)}</span>
      <span aria-hidden="true" title={words.join(", ")}>
        {words.length === 0 && <span class="tally-nobody">{peopleInWords(newest)}</span>}
        {LABELS.filter((label) => counts[label]).map((label) => (
          <span key={label} class={`tally-item label-${label}`}>
            <LabelShape label={label} size={11} />
            <span class="num">{counts[label]}</span>
          </span>
        ))}
      </span>
    </p>
  );
}
