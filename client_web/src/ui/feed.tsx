import { useEffect, useRef, useState } from "preact/hooks";
import { counted, t } from "../i18n";
import { FeedGate, type FeedView } from "../state/feed";
import { alerts } from "../state/house";
import { AlertRow } from "./alert-row";
import { Empty } from "./basics";
import { Glyph } from "./icons";

const NOTHING: FeedView = { shown: [], waiting: 0, fresh: new Set() };

/** The newest alerts. New ones slide in at the top, unless somebody is reading: then a button says how many wait. */
export function Feed() {
  const [gate] = useState(() => new FeedGate(40));
  const [reading, setReading] = useState(false);
  const scroller = useRef<HTMLDivElement>(null);
  const found = alerts.value;
  const view = found === null ? NOTHING : gate.view(found, reading);

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
    // Once they are shown, whoever still points at the feed reads on.
    requestAnimationFrame(() => setReading(scroller.current?.parentElement?.matches(":hover") === true));
  };
  return (
    // The whole of it is what is being read: the button that says what waits is pressed from within.
    <section
      class="feed"
      aria-labelledby="feed-title"
      onPointerEnter={(event) => event.pointerType === "mouse" && setReading(true)}
      onPointerLeave={stillReading}
      onFocusIn={() => setReading(true)}
      onFocusOut={stillReading}
    >
      <header>
        <h2 id="feed-title">{t("live.feed")}</h2>
        {view.waiting > 0 && (
          <button type="button" class="button feed-new" onClick={showNew}>
            <Glyph name="up" />
            {counted("live.feed.new", view.waiting)}
          </button>
        )}
        <a href="/alerts">{t("live.feed.all")}</a>
      </header>
      <div class="feed-scroll" ref={scroller} onScroll={() => setReading(isScrolled(scroller.current) || reading)}>
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
