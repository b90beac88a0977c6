import { mediaTicks } from "./faces";
import { negotiate, preferCodecs, type Session, watchRelay } from "./peer";
import { type Player, type PlayerEvents, Unreachable } from "./player";

/** From the server's answer to the connection; a way that is not blocked is found in a fraction of it. */
const CONNECT_MS = 6_000;
const FIRST_PICTURE_MS = 8_000;
const STILL_MS = 5_000;

/** Watches by WebRTC: from the offer to the last frame. */
export class WhepPlayer implements Player {
  private readonly peer: RTCPeerConnection;
  private readonly relayRefused: () => boolean;
  private readonly abort = new AbortController();
  private session: Session | null = null;
  private watchdog: ReturnType<typeof setTimeout> | undefined;
  private connecting: ReturnType<typeof setTimeout> | undefined;
  private stood = false;
  private callback = 0;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly url: string,
    iceServers: readonly RTCIceServer[],
    private readonly events: PlayerEvents,
  ) {
    this.peer = new RTCPeerConnection({ iceServers: [...iceServers] });
    this.relayRefused = watchRelay(this.peer);
    const transceiver = this.peer.addTransceiver("video", { direction: "recvonly" });
    preferCodecs(transceiver, "receive", ["h264", "vp8"]);
    this.peer.ontrack = ({ track, streams }) => {
      this.video.srcObject = streams[0] ?? new MediaStream([track]);
      // Refused only while the page is being left; the watchdog notices a video that doesn't run.
      this.video.play().catch(() => undefined);
    };
    this.peer.onconnectionstatechange = () => {
      const state = this.peer.connectionState;
      if (state === "connected") this.stood = true;
      if (state === "connected") clearTimeout(this.connecting);
      if (state === "failed") this.fail(this.stood ? new Error("connection lost") : this.unreachable());
    };
    this.arm(FIRST_PICTURE_MS);
    this.start().catch((error: unknown) => this.fail(error));
  }

  close(gone = false): void {
    if (this.abort.signal.aborted) return;
    this.abort.abort();
    clearTimeout(this.watchdog);
    clearTimeout(this.connecting);
    if (this.callback) this.video.cancelVideoFrameCallback(this.callback);
    if (this.session && !gone) this.session.end();
    else this.peer.close();
    this.video.srcObject = null;
  }

  /** Browsers that can't hold pictures back just show them. */
  holdBack(ms: number): void {
    for (const receiver of this.peer.getReceivers())
      if ("jitterBufferTarget" in receiver) receiver.jitterBufferTarget = ms;
  }

  private async start(): Promise<void> {
    this.session = await negotiate(this.peer, this.url, this.abort.signal);
    if (!this.stood) this.connecting = setTimeout(() => this.fail(this.unreachable()), CONNECT_MS);
    this.arm(CONNECT_MS + FIRST_PICTURE_MS);
    const header = this.session.headers.get("Maskwatch-Media-Origin");
    const origin = header === null ? null : Number(header) >>> 0;
    const shown: VideoFrameRequestCallback = (_now, frame) => {
      this.callback = this.video.requestVideoFrameCallback(shown);
      this.arm(STILL_MS);
      const { rtpTimestamp } = frame;
      const ticks = rtpTimestamp === undefined || origin === null ? null : mediaTicks(rtpTimestamp, origin);
      this.events.frame(ticks, frame.width, frame.height);
    };
    this.callback = this.video.requestVideoFrameCallback(shown);
  }

  private unreachable(): Unreachable {
    return new Unreachable(this.relayRefused());
  }

  private arm(ms: number): void {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.fail(new Error("no picture")), ms);
  }

  private fail(error: unknown): void {
    if (this.abort.signal.aborted) return;
    this.close();
    this.events.failed(error);
  }
}

export function canPlayLive(): boolean {
  return "RTCPeerConnection" in window && "requestVideoFrameCallback" in HTMLVideoElement.prototype;
}
