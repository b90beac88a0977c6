import { useState } from "preact/hooks";
import { LANGUAGES, type Language, language, switchLanguage, t } from "../i18n";
import { forgetBlocked } from "../live/transport";
import { askToNotify, chime, soundBlocked, unlockSound } from "../state/alarm";
import { version } from "../state/house";
import { tellError } from "../state/notices";
import { chosenLanguage, liveBy, notify, singleKeys, sound, type Theme, theme } from "../state/preferences";
import { info, signOut } from "../state/session";
import { Button, Switch } from "../ui/basics";
import { JudgedBy } from "../ui/judged-by";
import { Notifiers } from "../ui/notifiers";
import { Stored } from "../ui/stored";
import { Users } from "../ui/users";

export function SettingsPage() {
  return (
    <div class="settings-page">
      <header class="page-head">
        <h1>{t("settings.title")}</h1>
      </header>
      <ThisBrowser />
      <Notifiers />
      <JudgedBy />
      <Stored />
      <Users />
      <Server />
    </div>
  );
}

const THEMES = { system: "settings.theme.system", dark: "settings.theme.dark", light: "settings.theme.light" } as const;

const WAYS = {
  auto: "settings.liveBy.auto",
  webrtc: "settings.liveBy.webrtc",
  websocket: "settings.liveBy.websocket",
} as const;

function ThisBrowser() {
  const [trouble, setTrouble] = useState<string | undefined>();
  const setNotify = async (on: boolean) => {
    setTrouble(undefined);
    if (!on) {
      notify.value = "off";
      return;
    }
    const answer = await askToNotify();
    notify.value = answer === "granted" ? "on" : "off";
    if (answer !== "granted") setTrouble(t(`settings.notify.${answer}`));
  };
  const setLanguage = (next: Language) => {
    chosenLanguage.value = next;
    switchLanguage(next).catch(tellError);
  };
  return (
    <section class="card">
      <h2>{t("settings.page")}</h2>
      <p class="hint">{t("settings.page.hint")}</p>
      <Segments
        name="theme"
        label={t("settings.theme")}
        value={theme.value}
        options={Object.entries(THEMES).map(([key, words]) => [key as Theme, t(words)])}
        onChoice={(next) => {
          theme.value = next;
        }}
      />
      <Segments
        name="language"
        label={t("settings.language")}
        value={language.value}
        options={Object.entries(LANGUAGES) as [Language, string][]}
        onChoice={setLanguage}
      />
      <Segments
        name="live-by"
        label={t("settings.liveBy")}
        hint={t("settings.liveBy.hint")}
        value={liveBy.value}
        options={Object.entries(WAYS).map(([key, words]) => [key as keyof typeof WAYS, t(words)])}
        onChoice={(next) => {
          forgetBlocked();
          liveBy.value = next;
        }}
      />
      <Switch
        id="sound"
        label={t("settings.sound")}
        hint={soundBlocked.value ? t("settings.sound.blocked") : undefined}
        checked={sound.value === "on"}
        onChange={(on) => {
          sound.value = on ? "on" : "off";
          if (on) unlockSound();
        }}
      />
      {sound.value === "on" && (
        <Button icon="sound" onClick={chime}>
          {t("settings.sound.try")}
        </Button>
      )}
      <Switch
        id="notify"
        label={t("settings.notify")}
        hint={trouble}
        checked={notify.value === "on"}
        onChange={setNotify}
      />
      <Switch
        id="keys"
        label={t("settings.keys")}
        hint={t("settings.keys.hint")}
        checked={singleKeys.value === "on"}
        onChange={(on) => {
          singleKeys.value = on ? "on" : "off";
        }}
      />
    </section>
  );
}

interface SegmentsProps<T extends string> {
  name: string;
  label: string;
  hint?: string;
  value: T;
  options: readonly (readonly [T, string])[];
  onChoice: (value: T) => void;
}

function Segments<T extends string>({ name, label, hint, value, options, onChoice }: SegmentsProps<T>) {
  return (
    <fieldset class="segments">
      <legend>{label}</legend>
      <div>
        {options.map(([key, words]) => (
          <label key={key} class={key === value ? "chosen" : ""}>
            <input type="radio" name={name} value={key} checked={key === value} onChange={() => onChoice(key)} />
            {words}
          </label>
        ))}
      </div>
      {hint && <p class="hint">{hint}</p>}
    </fieldset>
  );
}

function Server() {
  const user = info.value?.user;
  return (
    <section class="card">
      <h2>{t("settings.server")}</h2>
      <dl class="facts">
        <div>
          <dt>{t("settings.server.version")}</dt>
          <dd class="num">{version.value || info.value?.version}</dd>
        </div>
        {user && (
          <div>
            <dt>{t("settings.server.user")}</dt>
            <dd>{user}</dd>
          </div>
        )}
        <div>
          <dt>{t("settings.server.api")}</dt>
          <dd class="links">
            <a href="/api/v1/openapi.json" target="_blank" rel="noreferrer">
              {t("settings.server.api.text")}
            </a>
            <a href="/metrics" target="_blank" rel="noreferrer">
              {t("settings.server.metrics")}
            </a>
          </dd>
        </div>
      </dl>
      {user && (
        <div class="actions">
          <Button onClick={() => signOut().catch(tellError)}>{t("action.signOut")}</Button>
        </div>
      )}
    </section>
  );
}
