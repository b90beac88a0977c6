import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n";
import { connected } from "../state/house";
import { Button } from "./basics";

/** A page whose code is fetched when it is first shown. */
export function lazy<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  let ready: ComponentType<Props> | null = null;
  return function Lazy(props: Props) {
    const [, redraw] = useState(0);
    const [failed, setFailed] = useState(false);
    useEffect(() => {
      if (ready) return;
      load().then(
        (component) => {
          ready = component;
          redraw(1);
        },
        () => setFailed(true),
      );
    }, []);
    if (failed)
      return (
        // After an upgrade the old page is gone for good, and what failed once a browser may not fetch again.
        <div class="empty" role="alert">
          <p class="empty-title">{t(connected.peek() ? "error.page" : "error.network")}</p>
          <Button onClick={() => window.location.reload()}>{t("action.reload")}</Button>
        </div>
      );
    if (!ready) return <p class="loading">{t("loading")}</p>;
    const Ready = ready;
    return <Ready {...props} />;
  };
}
