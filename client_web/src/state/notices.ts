import { signal } from "@preact/signals";
import { language, t, tryKey } from "../i18n";
import { ApiError } from "../live/http";

export interface Notice {
  id: number;
  text: string;
  bad: boolean;
}

/** Short words at the page's edge about what was just done. */
export const notices = signal<readonly Notice[]>([]);
/** What a screen reader is to say now; nothing is shown. */
export const spoken = signal("");

let lastId = 0;

export function tell(text: string, bad = false): void {
  lastId += 1;
  const id = lastId;
  notices.value = [...notices.value.slice(-2), { id, text, bad }];
  setTimeout(() => dismiss(id), bad ? 12_000 : 5_000);
}

export function dismiss(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}

/** What went wrong, in a sentence with what to do. */
export function explain(error: unknown): string {
  if (!(error instanceof ApiError)) return t("error.page");
  if (error.status === 0) return t("error.network");
  if (error.status === 401) return t("error.unauthorized");
  return inWords(error.code, error.message, error.remedy) || t("error.unknown", { status: error.status });
}

/** A refusal or failure in the reader's language: the server's own words, which say more, are English. */
export function inWords(code: string | null, message: string, remedy: string): string {
  const ours = code ? (tryKey(`reason.${code.replace(/^source_/, "")}`) ?? tryKey(`code.${code}`)) : undefined;
  const theirs = [message, remedy].filter(Boolean).join(" ");
  return (language.value === "en" ? theirs || ours : ours || theirs) ?? "";
}

export function tellError(error: unknown): void {
  if (error instanceof DOMException && error.name === "AbortError") return;
  tell(explain(error), true);
}
