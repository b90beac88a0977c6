import { ApiError, request } from "./http";

/** Candidates of this machine are there within milliseconds; servers that don't answer are not waited for. */
const GATHER_MS = 1_500;
/** What a goodbye is waited for: over a connection that is gone its answer may never come. */
const GOODBYE_MS = 4_000;

export interface Session {
  /** Header fields of the answer. */
  headers: Headers;
  /** Ends the session on the server, then closes the peer; never throws. */
  end(): void;
  /** Take leave of a session whose connection is gone; the code of why the server had ended it, if it says so. */
  whyEnded(): Promise<string | null>;
}

/**
 * Offer what `peer` has to the WHIP or WHEP address `url` and take the answer.
 *
 * Throws `ApiError` when the server refuses, `DOMException` when `abort` fires or the answer makes no sense.
 */
export async function negotiate(
  peer: RTCPeerConnection,
  url: string,
  abort: AbortSignal,
  headers: Record<string, string> = {},
): Promise<Session> {
  await peer.setLocalDescription(await peer.createOffer());
  await gathered(peer, abort);
  const sdp = peer.localDescription?.sdp;
  if (!sdp) throw new ApiError(0, "network", "");
  const response = await request(url, {
    method: "POST",
    text: sdp,
    headers: { ...headers, "Content-Type": "application/sdp" },
    signal: abort,
  });
  const location = response.headers.get("Location");
  const resource = location && new URL(location, new URL(url, window.location.href)).pathname;
  const session: Session = {
    headers: response.headers,
    async whyEnded() {
      peer.close();
      if (!resource) return null;
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(), GOODBYE_MS);
      const gone = request(resource, { method: "DELETE", headers, signal: late.signal });
      return gone
        .then(
          () => null,
          (error: unknown) => (error instanceof ApiError ? error.code : null),
        )
        .finally(() => clearTimeout(timer));
    },
    end() {
      // A connection that failed is gone on the server too.
      if (!resource || peer.connectionState === "failed") return peer.close();
      // The page may be closing: `keepalive` lets the goodbye out still. That it fails changes nothing. The peer is
      // closed after it: the server would take that for the end, and then not know what the goodbye is about.
      fetch(resource, { method: "DELETE", headers, keepalive: true, credentials: "same-origin" })
        .catch(() => undefined)
        .finally(() => peer.close());
    },
  };
  const answer = await response.text();
  if (abort.aborted) {
    session.end();
    throw new DOMException("aborted", "AbortError");
  }
  // Of a peer that is closed meanwhile a browser says nothing any more, and nobody else knows of the session yet.
  abort.addEventListener("abort", session.end, { once: true });
  try {
    await peer.setRemoteDescription({ type: "answer", sdp: answer });
  } catch (error) {
    session.end();
    throw error;
  } finally {
    abort.removeEventListener("abort", session.end);
  }
  return session;
}

function gathered(peer: RTCPeerConnection, abort: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (then: () => void) => () => {
      clearTimeout(timer);
      peer.removeEventListener("icegatheringstatechange", check);
      then();
    };
    const done = finish(resolve);
    const check = () => {
      if (peer.iceGatheringState === "complete") done();
    };
    const timer = setTimeout(done, GATHER_MS);
    peer.addEventListener("icegatheringstatechange", check);
    abort.addEventListener(
      "abort",
      finish(() => reject(new DOMException("aborted", "AbortError"))),
      { once: true },
    );
    check();
  });
}

/** Watches for a relay (TURN server) that refuses the login; whether one did. Before the offer is made. */
export function watchRelay(peer: RTCPeerConnection): () => boolean {
  let refused = false;
  peer.addEventListener("icecandidateerror", ({ errorCode }) => {
    refused ||= errorCode === 401 || errorCode === 403;
  });
  return () => refused;
}

const ICE_SERVER = /<([^>]+)>;\s*rel="ice-server"(?:;\s*username="([^"]*)";\s*credential="([^"]*)")?/g;

/** STUN and TURN servers for who has a camera's token and no login: named at the WHIP address (RFC 9725, section 4.6). */
export async function askIceServers(url: string, headers: Record<string, string>): Promise<RTCIceServer[]> {
  const response = await request(url, { method: "OPTIONS", headers }).catch(() => null);
  const links = response?.headers.get("Link") ?? "";
  return [...links.matchAll(ICE_SERVER)].map(([, urls = "", username, credential]) => ({
    urls,
    ...(username === undefined ? {} : { username }),
    ...(credential === undefined ? {} : { credential }),
  }));
}

/** Codecs in the order wanted, those not named after them; nothing where the browser can't say. */
export function preferCodecs(transceiver: RTCRtpTransceiver, kind: "send" | "receive", order: readonly string[]): void {
  const known =
    kind === "send" ? RTCRtpSender.getCapabilities("video")?.codecs : RTCRtpReceiver.getCapabilities("video")?.codecs;
  if (!known || typeof transceiver.setCodecPreferences !== "function") return;
  const rank = (codec: { mimeType: string }) => {
    const found = order.findIndex((name) => codec.mimeType.toLowerCase() === `video/${name}`);
    return found < 0 ? order.length : found;
  };
  transceiver.setCodecPreferences([...known].sort((a, b) => rank(a) - rank(b)));
}
