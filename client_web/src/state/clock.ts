import { signal } from "@preact/signals";

/** The server's clock less this device's, in milliseconds: a phone's clock may be minutes off. */
const offset = signal(0);
const ticked = signal(Date.now());

/** Now, by the server's clock, ticking once a second. Reading it in a component redraws that each second. */
export function now(): number {
  return ticked.value + offset.value;
}

/** The same without the ticking. */
export function moment(): number {
  return Date.now() + offset.peek();
}

export function setServerTime(iso: string): void {
  const difference = Date.parse(iso) - Date.now();
  // The way from the server takes a while; only a difference that is no delay is one of clocks.
  offset.value = Math.abs(difference) < 1_500 ? 0 : difference;
}

export function startClock(): void {
  const tick = () => {
    if (!document.hidden) ticked.value = Date.now();
  };
  setInterval(tick, 1_000);
  document.addEventListener("visibilitychange", tick);
}
