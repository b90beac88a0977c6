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
/** What a screen reader is to say now; nothing is shown. The id tells the same words said again from the first. */
export const spoken = signal({ id: 0, text: "" });

export function say(text: string): void {
  spoken.value = { id: spoken.peek().id + 1, text };
}

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
  const { code } = error;
  // A request's "not_found" is not the camera's, which is "source_not_found" here.
  const ours = tryKey(`code.${code}`) ?? tryKey(`reason.${code.replace(/^source_/, "")}`);
  return inWords(ours, error.message, error.remedy) || t("error.unknown", { status: error.status });
}

/** Why a camera gave no picture, as its test tells. */
export function explainReason(reason: string | null, message: string, remedy: string): string {
  return inWords(reason ? (tryKey(`reason.${reason}`) ?? tryKey(`code.${reason}`)) : undefined, message, remedy);
}

/** A refusal or failure in the reader's language: the server's own words, which say more, are English. */
function inWords(ours: string | undefined, message: string, remedy: string): string {
  const theirs = [message, remedy].filter(Boolean).join(" ");
  return (language.value === "en" ? theirs || ours : ours || theirs) ?? "";
}

export function tellError(error: unknown): void {
  if (error instanceof DOMException && error.name === "AbortError") return;
  tell(explain(error), true);
}
