import { computed, signal } from "@preact/signals";
import { request } from "../live/http";
import type { Info, Login, ServiceInfo } from "../wire.gen";
import { go } from "./router";

export const info = signal<Info | null>(null);
/** What is told to those who are logged in only. */
export const service = computed<ServiceInfo | null>(() => info.value?.service ?? null);

export const iceServers = computed<readonly RTCIceServer[]>(() =>
  (service.value?.ice_servers ?? []).map(({ urls, username, credential }) => ({
    urls,
    ...(username === null ? {} : { username }),
    ...(credential === null ? {} : { credential }),
  })),
);

/** Ask the server what it is and who we are. Throws `ApiError`. */
export async function loadInfo(): Promise<Info> {
  const found = (await (await request("/api/v1/info")).json()) as Info;
  info.value = found;
  return found;
}

export async function signIn(user: string, password: string): Promise<void> {
  const json: Login = { user, password };
  await request("/api/v1/session", { method: "POST", json });
}

export async function signOut(): Promise<void> {
  await request("/api/v1/session", { method: "DELETE" });
  window.location.assign("/login");
}

/** Off to the login page, and back here afterwards. */
export function toLogin(): void {
  if (window.location.pathname === "/login") return;
  const here = window.location.pathname + window.location.search;
  go(`/login?next=${encodeURIComponent(here)}`, "replace");
}

/** To the login page if the session has ended meanwhile; a server that doesn't answer says nothing of that. */
export async function checkSession(): Promise<void> {
  const found = await loadInfo().catch(() => null);
  if (found?.login_needed) toLogin();
}

/** Where to after signing in: only ever a page of this server. */
export function nextPage(search: string): string {
  const next = new URLSearchParams(search).get("next") ?? "/";
  return next.startsWith("/") && !next.startsWith("//") && !next.startsWith("/\\") ? next : "/";
}
