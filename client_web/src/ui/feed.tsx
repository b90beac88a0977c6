import { useEffect, useRef, useState } from "preact/hooks";
import { counted, t } from "../i18n";
import { FeedGate } from "../state/feed";
import { alerts } from "../state/house";
import { AlertRow } from "./alert-row";
import { Empty } from "./basics";
import { Glyph } from "./icons";

/** The newest alerts. New ones slide in at the top, unless somebody is reading: then a button says how many wait. */
export function Feed() {
  const [gate] = useState(() => new FeedGate(40));
  const [reading, setReading] = useState(false);
  const scroller = useRef<HTMLDivElement>(null);
  const found = alerts.value;
  const view = gate.view(found ?? [], reading || found === null);

  const stillReading = () => setReading(isScrolled(scroller.current));
  useEffect(() => {
    const check = () => {
      const list = scroller.current;
      setReading((before) => isScrolled(list) || (before && list?.matches(":hover, :focus-within") === true));
    };
    window.addEventListener("scroll", check, { passive: true });
    return () => window.removeEventListener("scroll", check);
  }, []);
  const showNew = () => {
    scroller.current?.scrollTo({ top: 0 });
    if (isScrolled(scroller.current)) scroller.current?.parentElement?.scrollIntoView();
    setReading(false);
  };
  return (
    <section class="feed" aria-labelledby="feed-title">
      <header>
        <h2 id="feed-title">{t("live.feed")}</h2>
        <a href="/alerts">{t("live.feed.all")}</a>
      </header>
      {view.waiting > 0 && (
        <button type="button" class="button feed-new" onClick={showNew}>
          <Glyph name="up" />
          {counted("live.feed.new", view.waiting)}
        </button>
      )}
      <div
        class="feed-scroll"
        ref={scroller}
        onScroll={() => setReading(isScrolled(scroller.current) || reading)}
        onPointerEnter={(event) => event.pointerType === "mouse" && setReading(true)}
        onPointerLeave={stillReading}
        onFocusIn={() => setReading(true)}
        onFocusOut={stillReading}
      >
        {found && view.shown.length === 0 && <Empty icon="check" title={t("live.feed.empty")} />}
        <ol class="rows" aria-label={t("alerts.list")}>
          {view.shown.map((alert) => (
            <AlertRow key={alert.id} alert={alert} fresh={view.fresh.has(alert.id)} />
          ))}
        </ol>
      </div>
    </section>
  );
}

/** Scrolled away from its top; on a phone, where the feed scrolls with the page, once its top has left the screen. */
function isScrolled(list: HTMLElement | null): boolean {
  return list !== null && (list.scrollTop > 8 || list.getBoundingClientRect().top < 0);
}
