import { useRef } from "preact/hooks";
import { t } from "../i18n";
import { RESTS, type Rest, snooze } from "../state/alert-actions";
import { Glyph } from "./icons";

/** Lets an alert rest for a while. A menu that the browser opens and closes, with the keyboard too. */
export function SnoozeMenu({ id }: { id: string }) {
  const menu = useRef<HTMLDetailsElement>(null);
  const choose = (rest: Rest) => {
    if (menu.current) menu.current.open = false;
    menu.current?.querySelector("summary")?.focus();
    void snooze(id, rest);
  };
  return (
    <details
      class="menu"
      ref={menu}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !menu.current?.open) return;
        event.preventDefault();
        menu.current.open = false;
        menu.current.querySelector("summary")?.focus();
      }}
    >
      <summary class="button">
        <Glyph name="clock" />
        {t("action.snooze")}
      </summary>
      <div class="menu-items">
        {(Object.keys(RESTS) as Rest[]).map((rest) => (
          <button key={rest} type="button" class="button quiet" onClick={() => choose(rest)}>
            {t(`action.snooze.${rest}`)}
          </button>
        ))}
      </div>
    </details>
  );
}
