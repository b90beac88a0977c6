import type { ComponentChildren } from "preact";
import { t } from "../i18n";
import { clock, ticking } from "../i18n/time";
import { soundBlocked, unlockSound } from "../state/alarm";
import { now } from "../state/clock";
import { alertsInWords, cameras, connection, retryConnection, unacknowledged } from "../state/house";
import { sound } from "../state/preferences";
import { type Route, route } from "../state/router";
import { Button } from "./basics";
import { Glyph, type IconName, Mark } from "./icons";

const LINKS: readonly {
  page: Route["page"];
  href: string;
  icon: IconName;
  words: "nav.live" | "nav.alerts" | "nav.add" | "nav.settings";
}[] = [
  { page: "live", href: "/", icon: "live", words: "nav.live" },
  { page: "alerts", href: "/alerts", icon: "alerts", words: "nav.alerts" },
  { page: "add", href: "/add", icon: "add", words: "nav.add" },
  { page: "settings", href: "/settings", icon: "settings", words: "nav.settings" },
];

/** What every page of the house has around it. */
export function Shell({ children, onKeys }: { children: ComponentChildren; onKeys: () => void }) {
  return (
    <>
      <a class="skip" href="#main">
        {t("app.skip")}
      </a>
      <header class="top">
        <a class="brand" href="/">
          <Mark />
          <span>{t("app.name")}</span>
        </a>
        <nav aria-label={t("nav.main")}>
          {LINKS.map(({ page, href, icon, words }) => (
            <a key={page} href={href} aria-current={route.value.page === page ? "page" : "false"}>
              <Glyph name={icon} size={18} />
              <span class={page === "add" ? "wide-only" : ""}>{t(words)}</span>
              {page === "add" && <span class="narrow-only">{t("nav.add.short")}</span>}
              {page === "alerts" && <Count />}
            </a>
          ))}
        </nav>
        <div class="top-tools">
          <SoundButton />
          <button
            type="button"
            class="button quiet square wide-only"
            aria-label={t("nav.keys")}
            title={`${t("nav.keys")} (?)`}
            onClick={onKeys}
          >
            <Glyph name="keys" size={18} />
          </button>
        </div>
      </header>
      <ConnectionBar />
      <main id="main" tabIndex={-1}>
        {children}
      </main>
    </>
  );
}

function Count() {
  const n = unacknowledged.value.length;
  if (!n) return null;
  return (
    <span class="count num" title={alertsInWords(n)}>
      <span aria-hidden="true">{n}</span>
      <span class="unseen">{alertsInWords(n)}</span>
    </span>
  );
}

export function toggleSound(): void {
  sound.value = sound.peek() === "on" ? "off" : "on";
  if (sound.peek() === "on") unlockSound();
}

function SoundButton() {
  const on = sound.value === "on";
  const words = on ? (soundBlocked.value ? t("settings.sound.blocked") : t("sound.on")) : t("sound.off");
  return (
    <button
      type="button"
      class="button quiet square"
      aria-pressed={on}
      aria-label={t("settings.sound")}
      title={words}
      onClick={toggleSound}
    >
      <Glyph name={on ? "sound" : "muted"} size={18} />
    </button>
  );
}

/** Says at once when the server can't be heard, from when the page is, and when it is tried again. */
function ConnectionBar() {
  const state = connection.value;
  if (state.state !== "lost") return null;
  const wait = state.retryAt === null ? 0 : state.retryAt - now();
  const text = cameras.value ? t("connection.lost", { time: clock(state.since, now()) }) : t("connection.never");
  return (
    <div class="connection-lost" role="alert">
      <Glyph name="plug" size={18} />
      <span>{text}</span>
      <span class="num" aria-live="off">
        {wait > 1_000 ? t("connection.lost.retry", { time: ticking(wait) }) : t("connection.lost.now")}
      </span>
      <Button onClick={retryConnection}>{t("action.retry")}</Button>
    </div>
  );
}
