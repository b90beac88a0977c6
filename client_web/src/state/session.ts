import { signal } from "@preact/signals";
import { ApiError, request } from "../live/http";
import { go } from "./router";

/** What the server says of itself at `/api/v1/info`. */
export interface Info {
  version: string;
  user: string | null;
  needs_login: boolean;
  ice_servers: RTCIceServer[];
  retention: { max_age_days: number; max_megabytes: number; snapshots: boolean };
}

export const info = signal<Info | null>(null);
export const iceServers = signal<readonly RTCIceServer[]>([]);

/** Ask the server who it is and who we are. Throws `ApiError` 401 when somebody has to sign in first. */
export async function loadInfo(): Promise<void> {
  const found = (await (await request("/api/v1/info")).json()) as Info;
  info.value = found;
  iceServers.value = found.ice_servers;
}

export async function signIn(user: string, password: string): Promise<void> {
  await request("/api/v1/login", { method: "POST", json: { user, password } });
  await loadInfo();
}

export async function signOut(): Promise<void> {
  await request("/api/v1/logout", { method: "POST" });
  window.location.assign("/login");
}

/** Off to the login page, and back here afterwards. */
export function toLogin(): void {
  const here = window.location.pathname + window.location.search;
  if (window.location.pathname === "/login") return;
  go(`/login?next=${encodeURIComponent(here)}`, "replace");
}

export function isUnauthorized(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401;
}

/** Where to after signing in: only ever a page of this server. */
export function nextPage(search: string): string {
  const next = new URLSearchParams(search).get("next") ?? "/";
  return next.startsWith("/") && !next.startsWith("//") && !next.startsWith("/\\") ? next : "/";
}
