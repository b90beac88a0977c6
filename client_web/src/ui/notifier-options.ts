/** What a JSON schema says of one option, as far as a form needs it. */
export interface Option {
  type?: "string" | "integer" | "number" | "boolean" | "array" | "object";
  enum?: string[];
  const?: string;
  anyOf?: Option[];
  default?: unknown;
  format?: string;
  description?: string;
  items?: Option;
}

export type Options = Record<string, unknown>;

/** What the server shows instead of a secret, and takes for the secret that it keeps. */
export const MASK = "***";
/** What nearly everybody leaves as it is. */
export const RARELY: ReadonlySet<string> = new Set([
  "timeout_s",
  "ca_file",
  "verify_tls",
  "template",
  "content_type",
  "headers",
  "method",
  "prefix",
  "discovery_prefix",
  "pictures",
]);

/** An option that may be null too, as what it is otherwise. */
export function plain(option: Option): Option {
  const inner = option.anyOf?.find((one) => one.type && (one.type as string) !== "null");
  return inner ? { ...inner, ...option } : option;
}

const LINES = (text: string) =>
  text
    .split(/[\n,]/)
    .map((one) => one.trim())
    .filter(Boolean);

function pairs(text: string): Record<string, string> {
  return Object.fromEntries(
    text
      .split("\n")
      .filter((line) => line.includes(":"))
      .map((line) => {
        const at = line.indexOf(":");
        return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
      }),
  );
}

/** A value as the text in its field. */
export function shown(option: Option, value: unknown): string {
  if (option.type === "array") return ((value as string[] | undefined) ?? []).join("\n");
  if (option.type === "object")
    return Object.entries((value as Record<string, string> | undefined) ?? {})
      .map(([name, one]) => `${name}: ${one}`)
      .join("\n");
  return value === undefined || value === null ? "" : String(value);
}

/** What the text in a field stands for; undefined leaves the option out. */
export function meant(option: Option, text: string): unknown {
  if (!text.trim()) return undefined;
  if (option.type === "array") return LINES(text);
  if (option.type === "object") return pairs(text);
  return option.type === "integer" || option.type === "number" ? Number(text) : text;
}

/** `options` with one set, or left out. */
export function withOption(options: Options, key: string, value: unknown): Options {
  const { [key]: _old, ...others } = options;
  return value === undefined ? others : { ...others, [key]: value };
}
