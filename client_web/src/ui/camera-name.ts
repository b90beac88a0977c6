/** What the server takes as a camera's name, apart from the names it keeps for itself. */
export const VALID_NAME = /^[a-z0-9_-]{1,63}$/;

/** A name for the camera at `url` that isn't taken: from the file's name or the host, else "camera", "phone". */
export function suggestName(url: string, taken: readonly string[]): string {
  const stem = stemOf(url.trim());
  if (!stem) return "";
  const free = (name: string) => !taken.includes(name);
  if (free(stem)) return stem;
  for (let n = 2; ; n++) if (free(`${stem}-${n}`)) return `${stem}-${n}`;
}

function stemOf(url: string): string {
  if (!url) return "";
  if (/^webrtc:/i.test(url)) return "phone";
  if (/^device:/i.test(url)) return "webcam";
  const address = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/]*@)?([^/:?#@]+)(?::\d+)?([^?#]*)/i.exec(url);
  const host = address?.[1] ?? "";
  if (address && host && !/^[\d.]+$/.test(host) && host !== "localhost") return clean(host.split(".")[0] ?? "");
  const last = (address ? (address[2] ?? "") : url).split(/[/\\]/).filter(Boolean).at(-1) ?? "";
  return clean(last.replace(/^file:/i, "").replace(/\.[a-z0-9]+$/i, "")) || "camera";
}

function clean(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 40);
}
