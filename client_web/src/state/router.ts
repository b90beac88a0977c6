import { signal } from "@preact/signals";

export type Route =
  | { page: "live" | "add" | "settings" | "login" | "notFound" }
  | { page: "alerts"; id: string | null }
  | { page: "camera"; name: string }
  | { page: "publish"; name: string };

/** Which page an address means. */
export function routeOf(path: string): Route {
  const [first = "", second = "", ...more] = path.split("/").filter(Boolean).map(decode);
  if (more.length === 0) {
    if (first === "") return { page: "live" };
    if (first === "alerts") return { page: "alerts", id: second || null };
    if (first === "cameras" && second) return { page: "camera", name: second };
    if (first === "publish" && second) return { page: "publish", name: second };
    if (!second && (first === "add" || first === "settings" || first === "login")) return { page: first };
  }
  return { page: "notFound" };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const route = signal<Route>(routeOf(window.location.pathname));
/** The query of the address; pages that keep their filter in it read it here. */
export const search = signal<string>(window.location.search);

function sync(): void {
  route.value = routeOf(window.location.pathname);
  search.value = window.location.search;
}

export function go(to: string, how: "push" | "replace" = "push"): void {
  if (to === window.location.pathname + window.location.search) return;
  if (how === "push") history.pushState(null, "", to);
  else history.replaceState(null, "", to);
  const samePage = routeOf(window.location.pathname).page === route.value.page;
  sync();
  if (!samePage) {
    window.scrollTo(0, 0);
    // A reader's screen reader and tab key go on from the new page, not from where the old link was.
    requestAnimationFrame(() => document.getElementById("main")?.focus({ preventScroll: true }));
  }
}

/** Links within the page change the page without loading it again. */
export function startRouter(): void {
  window.addEventListener("popstate", sync);
  document.addEventListener("click", (event) => {
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    const link = (event.target as Element | null)?.closest?.("a");
    if (!link || link.target || link.hasAttribute("download") || link.origin !== window.location.origin) return;
    const ours = routeOf(link.pathname).page;
    // Only a publish page that was loaded as such may use the device's camera (its Permissions-Policy).
    if (ours === "notFound" || ours === "publish" || link.getAttribute("href")?.startsWith("#")) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
}
