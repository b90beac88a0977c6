import { useEffect, useRef, useState } from "preact/hooks";
import { percent, t } from "../i18n";
import { Stills } from "../live/stills";
import {
  crossesItself,
  FEWEST_CORNERS,
  middleAfter,
  moved,
  newZone,
  type Point,
  withCornerAfter,
  withCornerAt,
  withoutCorner,
} from "../state/zones";
import type { Camera, ZoneSettings } from "../wire.gen";
import { Button, Field } from "./basics";
import { SaveRow, useRules } from "./rules-save";

const STEP = 0.01;
const ARROWS: Record<string, Point> = {
  ArrowLeft: [-STEP, 0],
  ArrowRight: [STEP, 0],
  ArrowUp: [0, -STEP],
  ArrowDown: [0, STEP],
};

/** Where people count: zones drawn over the camera's picture, by mouse, touch or keys. */
export function ZoneEditor({ camera }: { camera: Camera }) {
  const { rules, set, save, busy, saved } = useRules(camera, ["zones"]);
  const [chosen, setChosen] = useState(0);
  const zones = rules.zones;
  const zone = zones[chosen];
  const change = (next: ZoneSettings) => set({ zones: zones.map((each, at) => (at === chosen ? next : each)) });
  const crossed = zones.find(crossesItself);
  return (
    <form class="form zone-editor" onSubmit={save}>
      <p class="hint">{t("zones.hint")}</p>
      <Canvas camera={camera} zones={zones} chosen={chosen} onChoose={setChosen} onChange={change} />
      <div class="actions">
        <Button
          icon="add"
          onClick={() => {
            set({ zones: [...zones, newZone(zones, (n) => t("zones.name.new", { n }))] });
            setChosen(zones.length);
          }}
        >
          {t("zones.add")}
        </Button>
      </div>
      {zones.length > 0 && (
        <fieldset class="zone-list">
          <legend class="unseen">{t("zones.title")}</legend>
          {zones.map((each, at) => (
            <label key={at} class={`zone-choice zone-${each.mode} ${at === chosen ? "chosen" : ""}`}>
              <input type="radio" name="zone" checked={at === chosen} onChange={() => setChosen(at)} />
              <span>{each.name}</span>
              <span class="quiet">{t(`zones.mode.${each.mode}`)}</span>
            </label>
          ))}
        </fieldset>
      )}
      {zone && (
        <fieldset class="zone-fields">
          <Field id="zone-name" label={t("zones.name")}>
            <input
              id="zone-name"
              required
              maxLength={60}
              value={zone.name}
              onInput={(event) => change({ ...zone, name: event.currentTarget.value })}
            />
          </Field>
          <Field id="zone-mode" label={t("zones.mode")}>
            <select
              id="zone-mode"
              value={zone.mode}
              onChange={(event) => change({ ...zone, mode: event.currentTarget.value as ZoneSettings["mode"] })}
            >
              {(["include", "exclude"] as const).map((mode) => (
                <option key={mode} value={mode}>
                  {t(`zones.mode.${mode}.long`)}
                </option>
              ))}
            </select>
          </Field>
          <Field id="zone-anchor" label={t("zones.anchor")} hint={t("zones.anchor.hint")}>
            <select
              id="zone-anchor"
              aria-describedby="zone-anchor-hint"
              value={zone.anchor}
              onChange={(event) => change({ ...zone, anchor: event.currentTarget.value as ZoneSettings["anchor"] })}
            >
              {(["face", "feet"] as const).map((anchor) => (
                <option key={anchor} value={anchor}>
                  {t(`zones.anchor.${anchor}`)}
                </option>
              ))}
            </select>
          </Field>
          <Button
            icon="trash"
            onClick={() => {
              set({ zones: zones.filter((_, at) => at !== chosen) });
              setChosen(Math.max(0, chosen - 1));
            }}
          >
            {t("zones.remove", { zone: zone.name })}
          </Button>
        </fieldset>
      )}
      {crossed && (
        <p class="error" role="alert">
          {t("zones.crossed", { zone: crossed.name })}
        </p>
      )}
      <SaveRow busy={busy} saved={saved} disabled={Boolean(crossed)} />
    </form>
  );
}

interface CanvasProps {
  camera: Camera;
  zones: readonly ZoneSettings[];
  chosen: number;
  onChoose: (index: number) => void;
  onChange: (zone: ZoneSettings) => void;
}

/** The camera's newest picture with all zones over it; the chosen one has handles. */
function Canvas({ camera, zones, chosen, onChoose, onChange }: CanvasProps) {
  const image = useRef<HTMLImageElement>(null);
  const stage = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: camera.width ?? 16, height: camera.height ?? 9 });
  useEffect(() => {
    if (!image.current || camera.state !== "online") return;
    const shown = (_at: number | null, width: number, height: number) => setSize({ width, height });
    const stills = new Stills(image.current, `/api/v1/cameras/${camera.name}/frame.jpg`, { shown, failed: () => {} });
    return () => stills.close();
  }, [camera.name, camera.state]);
  const zone = zones[chosen];
  /** A place on the page as shares of the picture. */
  const place = (event: PointerEvent): Point => {
    const box = stage.current?.getBoundingClientRect();
    if (!box) return [0, 0];
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };
  return (
    <div class="zone-stage" ref={stage} style={{ aspectRatio: `${size.width} / ${size.height}` }}>
      <img ref={image} alt={t("camera.picture", { camera: camera.name })} />
      {camera.state !== "online" && <p class="stage-note">{t("zones.noPicture")}</p>}
      <svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true" focusable="false">
        {zones.map((each, at) => (
          <polygon
            key={at}
            class={`zone-${each.mode} ${at === chosen ? "chosen" : ""}`}
            points={each.points.map((point) => point.join(",")).join(" ")}
            vector-effect="non-scaling-stroke"
            onPointerDown={(event) => {
              onChoose(at);
              drag(event, place, (dx, dy) => onChange(moved(each, dx, dy)), at === chosen);
            }}
          />
        ))}
      </svg>
      {zone && <Handles zone={zone} place={place} onChange={onChange} />}
    </div>
  );
}

/** Follows a pointer from where it went down, while it is held. */
function drag(
  event: PointerEvent & { currentTarget: Element },
  place: (event: PointerEvent) => Point,
  onMove: (dx: number, dy: number) => void,
  enabled: boolean,
): void {
  if (!enabled) return;
  event.preventDefault();
  const target = event.currentTarget;
  const [x, y] = place(event);
  target.setPointerCapture(event.pointerId);
  const move = (next: Event) => {
    const [toX, toY] = place(next as PointerEvent);
    onMove(toX - x, toY - y);
  };
  const end = () => {
    target.removeEventListener("pointermove", move);
    target.removeEventListener("pointerup", end);
    target.removeEventListener("pointercancel", end);
  };
  target.addEventListener("pointermove", move);
  target.addEventListener("pointerup", end);
  target.addEventListener("pointercancel", end);
}

/** A handle for each corner, and between two corners one that makes another. */
function Handles({
  zone,
  place,
  onChange,
}: {
  zone: ZoneSettings;
  place: (event: PointerEvent) => Point;
  onChange: (zone: ZoneSettings) => void;
}) {
  const at = ([x, y]: readonly [number, number]) => ({ left: `${x * 100}%`, top: `${y * 100}%` });
  const keys = (event: KeyboardEvent, index: number, [x, y]: Point) => {
    const step = ARROWS[event.key];
    if (step) {
      event.preventDefault();
      const factor = event.shiftKey ? 5 : 1;
      onChange(withCornerAt(zone, index, [x + step[0] * factor, y + step[1] * factor]));
    } else if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      onChange(withoutCorner(zone, index));
    }
  };
  return (
    <>
      {zone.points.map((_, index) => (
        <button
          key={`middle ${index}`}
          type="button"
          class="zone-middle"
          style={at(middleAfter(zone, index))}
          aria-label={t("zones.corner.add", { n: index + 1, zone: zone.name })}
          title={t("zones.corner.add", { n: index + 1, zone: zone.name })}
          onClick={() => onChange(withCornerAfter(zone, index))}
        />
      ))}
      {zone.points.map((point, index) => (
        <button
          key={`corner ${index}`}
          type="button"
          class="zone-corner"
          style={at(point)}
          aria-label={t("zones.corner", {
            n: index + 1,
            zone: zone.name,
            x: percent(point[0]),
            y: percent(point[1]),
          })}
          title={t(zone.points.length > FEWEST_CORNERS ? "zones.corner.hint" : "zones.corner.hint.last")}
          onKeyDown={(event) => keys(event, index, point)}
          onDblClick={() => onChange(withoutCorner(zone, index))}
          onPointerDown={(event) =>
            drag(event, place, (dx, dy) => onChange(withCornerAt(zone, index, [point[0] + dx, point[1] + dy])), true)
          }
        />
      ))}
    </>
  );
}
