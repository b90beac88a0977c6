import { useCallback, useEffect, useErrorBoundary, useState } from "preact/hooks";
import { language, t } from "./i18n";
import { LivePage } from "./pages/live";
import { titleOf, unacknowledged } from "./state/house";
import { type Route, route } from "./state/router";
import { Button, Empty, Notices } from "./ui/basics";
import { KeysDialog, useKeys } from "./ui/keys";
import { lazy } from "./ui/lazy";
import { Shell } from "./ui/shell";

// Live is what is opened all day, so it comes with the first load; the other pages when they are gone to.
const CameraPage = lazy(async () => (await import("./pages/camera")).CameraPage);
const AlertsPage = lazy(async () => (await import("./pages/alerts")).AlertsPage);
const AddPage = lazy(async () => (await import("./pages/add")).AddPage);
const SettingsPage = lazy(async () => (await import("./pages/settings")).SettingsPage);
const LoginPage = lazy(async () => (await import("./pages/login")).LoginPage);
const PublishPage = lazy(async () => (await import("./pages/publish")).PublishPage);

export function App() {
  const at = route.value;
  useTitle(at);
  // Read here so that another language draws the whole page anew.
  const shownIn = language.value;
  if (at.page !== "login" && at.page !== "publish") return <House key={shownIn} at={at} />;
  return (
    <Guard key={shownIn}>
      {at.page === "publish" ? <PublishPage name={at.name} /> : <LoginPage />}
      <Notices />
    </Guard>
  );
}

function House({ at }: { at: Route }) {
  const [keysShown, setKeysShown] = useState(false);
  const showKeys = useCallback(() => setKeysShown(true), []);
  useKeys(showKeys);
  return (
    <>
      <Shell onKeys={showKeys}>
        <Guard key={at.page}>
          <Page at={at} />
        </Guard>
      </Shell>
      {keysShown && <KeysDialog onClose={() => setKeysShown(false)} />}
      <Notices />
    </>
  );
}

function Page({ at }: { at: Route }) {
  switch (at.page) {
    case "live":
      return <LivePage />;
    case "camera":
      return <CameraPage key={at.name} name={at.name} />;
    case "alerts":
      return <AlertsPage id={at.id} />;
    case "add":
      return <AddPage />;
    case "settings":
      return <SettingsPage />;
    default:
      return (
        <Empty page icon="live" title={t("error.notFound")}>
          <p class="hint">{t("error.notFound.hint")}</p>
          <a class="button" href="/">
            {t("nav.live")}
          </a>
        </Empty>
      );
  }
}

/** A mistake in one page doesn't take the rest of the dashboard along. */
function Guard({ children }: { children: preact.ComponentChildren }) {
  const [error] = useErrorBoundary((failure) => {
    // The browser's console is where whoever is asked to help looks first.
    reportError(failure);
  });
  if (!error) return <>{children}</>;
  return (
    <Empty page icon="retry" title={t("error.page")}>
      <Button onClick={() => window.location.reload()}>{t("action.reload")}</Button>
    </Empty>
  );
}

const TITLES = {
  live: "nav.live",
  alerts: "nav.alerts",
  add: "nav.add",
  settings: "nav.settings",
  login: "login.title",
  notFound: "error.notFound",
} as const;

function useTitle(at: Route): void {
  const title = titleOf(at.page === "camera" || at.page === "publish" ? at.name : t(TITLES[at.page]));
  const alerting = unacknowledged.value.length > 0;
  useEffect(() => {
    document.title = title;
  }, [title]);
  useEffect(() => {
    const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    if (icon) icon.href = alerting ? "/favicon-alert.svg" : "/favicon.svg";
  }, [alerting]);
}
