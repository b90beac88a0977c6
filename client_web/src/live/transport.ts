import { canPlayFragments } from "./mse";
import { Unreachable } from "./player";
import { canPlayLive } from "./whep";

/** How live video comes: straight by UDP, or through the same connection as the page. */
export type Transport = "webrtc" | "websocket";
export type Wanted = "auto" | Transport;

const KEY = "maskwatch.live-by";

/** Whether WebRTC was found blocked from here; kept as long as the browser's tab. */
export function isBlocked(): boolean {
  try {
    return sessionStorage.getItem(KEY) === "websocket";
  } catch {
    return blocked;
  }
}

let blocked = false;

/** Forget that WebRTC was found blocked: somebody asks for it again. */
export function forgetBlocked(): void {
  blocked = false;
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Then it was not kept there either.
  }
}

function remember(): void {
  blocked = true;
  try {
    sessionStorage.setItem(KEY, "websocket");
  } catch {
    // It is found out again on the next page.
  }
}

/** Chooses for one picture, and learns from what fails. Null: neither can be had, so still pictures it is. */
export class TransportChoice {
  private byWebsocket = false;
  /** WebRTC failed, and a relay there is refused the login. */
  relayRefused = false;

  constructor(private readonly wanted: () => Wanted) {}

  next(): Transport | null {
    const wanted = this.wanted();
    const first = wanted === "websocket" || (wanted === "auto" && (this.byWebsocket || isBlocked()));
    if (first && canPlayFragments()) return "websocket";
    if (wanted !== "websocket" && canPlayLive()) return "webrtc";
    return wanted !== "webrtc" && canPlayFragments() ? "websocket" : null;
  }

  /** Live video failed; whether there is another way to try at once. */
  failed(transport: Transport, error: unknown): boolean {
    if (transport === "websocket" || !(error instanceof Unreachable)) return false;
    if (this.wanted() !== "auto" || !canPlayFragments()) return false;
    this.byWebsocket = true;
    this.relayRefused = error.relayRefused;
    return true;
  }

  /** Pictures come. Only now is it known that the network was the trouble, and not the camera or the server. */
  played(transport: Transport): void {
    if (transport === "websocket" && this.byWebsocket) remember();
  }
}
