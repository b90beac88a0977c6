import { effect, signal } from "@preact/signals";

export type Theme = "system" | "dark" | "light";

/** A choice kept in this browser. Private windows may refuse to keep it; it then lasts as long as the page. */
function kept<T extends string>(key: string, initial: T, valid: readonly T[]) {
  const name = `maskwatch.${key}`;
  const found = read(name);
  const value = signal<T>(valid.includes(found as T) ? (found as T) : initial);
  // Chosen in another tab: whoever silences one means all.
  window.addEventListener("storage", ({ key: changed, newValue }) => {
    if (changed === name && valid.includes(newValue as T)) value.value = newValue as T;
  });
  let first = true;
  effect(() => {
    const next = value.value;
    if (!first) write(name, next);
    first = false;
  });
  return value;
}

export function read(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

export function write(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // Nothing to be done, and nothing lost but the choice.
  }
}

const ON_OFF = ["on", "off"] as const;

export const theme = kept<Theme>("theme", "system", ["system", "dark", "light"]);
export const chosenLanguage = kept<"" | "en" | "id">("language", "", ["", "en", "id"]);
export const sound = kept<"on" | "off">("sound", "off", ON_OFF);
export const notify = kept<"on" | "off">("notify", "off", ON_OFF);
export const liveBy = kept<"auto" | "webrtc" | "websocket">("live-by", "auto", ["auto", "webrtc", "websocket"]);
export const singleKeys = kept<"on" | "off">("keys", "on", ON_OFF);

/** Puts the theme on the page; `public/theme.js` does the same before the first paint. */
export function applyTheme(): void {
  effect(() => {
    document.documentElement.dataset.theme = theme.value;
  });
}

export function isDark(): boolean {
  if (theme.value !== "system") return theme.value === "dark";
  return window.matchMedia("(prefers-color-scheme: dark)").matches;
}
