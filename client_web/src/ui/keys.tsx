import { useEffect } from "preact/hooks";
import { type Key, t } from "../i18n";
import { judge, snooze } from "../state/alert-actions";
import { acknowledge } from "../state/house";
import { isDark, singleKeys, theme } from "../state/preferences";
import { go } from "../state/router";
import { Button, Dialog } from "./basics";
import { toggleSound } from "./shell";

const ROWS: readonly [string, Key][] = [
  ["l", "keys.live"],
  ["a", "keys.alerts"],
  ["n", "keys.add"],
  ["s", "keys.settings"],
  ["j", "keys.next"],
  ["k", "keys.previous"],
  ["e", "keys.acknowledge"],
  ["z", "keys.snooze"],
  ["w", "keys.wrong"],
  ["m", "keys.sound"],
  ["t", "keys.theme"],
  ["Esc", "keys.close"],
  ["?", "keys.help"],
];

export function KeysDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={t("keys.title")} onClose={onClose} actions={<Button onClick={onClose}>{t("action.close")}</Button>}>
      <dl class="keys">
        {ROWS.map(([key, words]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{t(words as "keys.live")}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}

/** One key each for what is done all day. Not while typing, not with Ctrl and the like, and they can be switched off. */
export function useKeys(onHelp: () => void): void {
  useEffect(() => {
    const actions: Record<string, () => void> = {
      "?": onHelp,
      l: () => go("/"),
      a: () => go("/alerts"),
      n: () => go("/add"),
      s: () => go("/settings"),
      j: () => moveToRow(1),
      k: () => moveToRow(-1),
      e: () => withFocused(acknowledge),
      z: () => withFocused((id) => snooze(id, "ten")),
      w: () => withFocused((id) => judge(id, { wrong: true })),
      m: toggleSound,
      t: () => {
        theme.value = isDark() ? "light" : "dark";
      },
    };
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event.target)) return;
      if (document.querySelector("dialog[open]")) return;
      if (singleKeys.peek() === "off" && event.key !== "?") return;
      const action = actions[event.key];
      if (!action) return;
      event.preventDefault();
      action();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [onHelp]);
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !["checkbox", "radio", "button"].includes(target.type);
  return target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

function moveToRow(by: number): void {
  const links = [...document.querySelectorAll<HTMLAnchorElement>(".alert-row .row-link")];
  const row = document.activeElement?.closest(".alert-row");
  const at = links.findIndex((link) => link.closest(".alert-row") === row);
  const next = links[at < 0 ? 0 : Math.max(0, Math.min(links.length - 1, at + by))];
  next?.focus();
  next?.closest(".alert-row")?.scrollIntoView({ block: "nearest" });
}

/** The alert in focus, else the one that is open on the page. */
function withFocused(act: (id: string) => Promise<unknown>): void {
  const row =
    document.activeElement?.closest<HTMLElement>(".alert-row") ??
    document.querySelector<HTMLElement>('.alert-row:has([aria-current="true"])');
  const id = row?.dataset.alert ?? document.querySelector<HTMLElement>(".alert-detail")?.dataset.alert;
  if (id) void act(id);
}
