import { signal } from "@preact/signals";
import type { en } from "./en";

export type Key = keyof typeof en;
export type Messages = Record<Key, string>;

/** Names of what is to be filled into a message, read off the English text. */
type Blanks<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Blanks<Rest> : never;
type Values<K extends Key> = Record<Blanks<(typeof en)[K]>, string | number>;
type Rest<K extends Key> = [Blanks<(typeof en)[K]>] extends [never] ? [] : [values: Values<K>];

/** What can be counted: keys that come as `.one` and `.other`. */
export type CountedKey = Key extends infer K ? (K extends `${infer Stem}.one` ? Stem : never) : never;

export const LANGUAGES = { en: "English", id: "Bahasa Indonesia" } as const;
export type Language = keyof typeof LANGUAGES;

const load: Record<Language, () => Promise<Messages>> = {
  en: async () => (await import("./en")).en,
  id: async () => (await import("./id")).id,
};

const messages = signal<Messages>({} as Messages);

/** The language now shown. Reading it in a component redraws that on a change. */
export const language = signal<Language>("en");

/** The reader's language: what was chosen, or the first of the browser's that there is, or English. */
export function pickLanguage(chosen: string | null, browser: readonly string[]): Language {
  for (const tag of [chosen ?? "", ...browser]) {
    // `in` is the language's code from before 1989; old Android still sends it.
    const code = tag.toLowerCase().split("-")[0]?.replace(/^in$/, "id") ?? "";
    if (Object.hasOwn(LANGUAGES, code)) return code as Language;
  }
  return "en";
}

let wanted: Language = "en";

export async function switchLanguage(next: Language): Promise<void> {
  wanted = next;
  const found = await load[next]();
  // Another was chosen while this one was on its way.
  if (wanted !== next) return;
  messages.value = found;
  language.value = next;
  document.documentElement.lang = next;
}

function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (blank, name: string) => String(values[name] ?? blank));
}

/** The text of `key` in the language now shown, its blanks filled in. */
export function t<K extends Key>(key: K, ...rest: Rest<K>): string {
  return fill(messages.value[key] ?? key, (rest[0] ?? {}) as Record<string, string | number>);
}

/** Text of a key that comes as `.one` and `.other`, for `n` of them. */
export function counted(stem: CountedKey, n: number): string {
  const locale = language.value;
  const rules = formatter(`plural ${locale}`, () => new Intl.PluralRules(locale));
  const form = rules.select(n) === "one" ? "one" : "other";
  return fill(messages.value[`${stem}.${form}`] ?? stem, { n: number(n) });
}

/** The text of a key made at run time, if there is one: reasons and states that a newer server may name. */
export function tryKey(key: string): string | undefined {
  return messages.value[key as Key];
}

const formatters = new Map<string, unknown>();

/** A formatter made once: making one costs a cheap phone more than all else that it writes in a second. */
export function formatter<T>(key: string, make: () => T): T {
  let found = formatters.get(key) as T | undefined;
  if (found === undefined) {
    found = make();
    formatters.set(key, found);
  }
  return found;
}

/** A number as the reader writes it, with at most `digits` decimals. */
export function number(value: number, digits = 0): string {
  const [locale, options] = [language.value, { maximumFractionDigits: digits }];
  return formatter(`number ${locale} ${digits}`, () => new Intl.NumberFormat(locale, options)).format(value);
}

export function percent(share: number): string {
  const locale = language.value;
  return formatter(`percent ${locale}`, () => new Intl.NumberFormat(locale, { style: "percent" })).format(share);
}
