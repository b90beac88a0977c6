import { useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../i18n";
import { now } from "../state/clock";
import { alerts, cameras } from "../state/house";
import { gridOrder } from "../state/order";
import { Tile } from "./tile";

const COLUMNS = [1, 1, 2, 2, 2, 3, 3, 3, 3, 3];

/** The cameras. One with an open alert comes to the front, but not under a hand that is about to press. */
export function Grid() {
  const all = cameras.value ?? [];
  const ref = useRef<HTMLDivElement>(null);
  const held = useRef(false);
  const kept = useRef<string[]>([]);

  const wanted = gridOrder(all, alerts.value ?? [], now());
  const sameSet = kept.current.length === wanted.length && wanted.every((name) => kept.current.includes(name));
  if (!held.current || !sameSet) kept.current = wanted;
  const order = kept.current;
  useMoving(ref, order.join());

  const hold = (on: boolean) => () => {
    held.current = on;
  };
  return (
    <div
      ref={ref}
      class="grid"
      style={{ "--columns": COLUMNS[all.length] ?? 4 }}
      onPointerEnter={(event) => event.pointerType === "mouse" && hold(true)()}
      onPointerLeave={hold(false)}
      onFocusIn={hold(true)}
      onFocusOut={hold(false)}
    >
      <h2 class="unseen">{t("live.cameras")}</h2>
      {order.map((name) => {
        const camera = all.find((one) => one.name === name);
        return camera && <Tile key={name} camera={camera} />;
      })}
    </div>
  );
}

/** Tiles glide to their new places instead of jumping, for those who like motion. */
function useMoving(ref: { current: HTMLDivElement | null }, order: string): void {
  const places = useRef(new Map<string, { x: number; y: number }>());
  const before = useRef(order);
  useLayoutEffect(() => {
    const tiles = [...(ref.current?.querySelectorAll<HTMLElement>("[data-key]") ?? [])];
    const moved = before.current !== order && !window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    before.current = order;
    for (const tile of tiles) {
      const key = tile.dataset.key ?? "";
      const place = { x: tile.offsetLeft, y: tile.offsetTop };
      const old = places.current.get(key);
      places.current.set(key, place);
      if (!moved || !old || (old.x === place.x && old.y === place.y)) continue;
      tile.animate([{ transform: `translate(${old.x - place.x}px, ${old.y - place.y}px)` }, { transform: "none" }], {
        duration: 280,
        easing: "cubic-bezier(0.2, 0, 0, 1)",
      });
    }
  });
}
