import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n";

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
        <p class="loading" role="alert">
          {t("error.network")}
        </p>
      );
    if (!ready) return <p class="loading">{t("loading")}</p>;
    const Ready = ready;
    return <Ready {...props} />;
  };
}
