import { ago, exact, ticking } from "../i18n/time";
import { now } from "../state/clock";

/** "12 s ago", kept up to date; the exact moment on hover and for machines. */
export function Ago({ at }: { at: string }) {
  const then = Date.parse(at);
  return (
    <time dateTime={at} title={exact(then)}>
      {ago(then, now())}
    </time>
  );
}

/** How long from `from` until `to`, or until now, counting on. */
export function Lasting({ from, to }: { from: string; to?: string | null }) {
  return <span class="num">{lasting(from, to)}</span>;
}

export function lasting(from: string, to?: string | null): string {
  return ticking((to ? Date.parse(to) : now()) - Date.parse(from));
}
