import { negotiate, preferCodecs, type Session } from "./peer";

const FIRST_PICTURE_MS = 8_000;
const STILL_MS = 5_000;

export interface WhepEvents {
  /** A frame is on the screen: its RTP time, and where the server's media clock began for this viewer (or null). */
  frame(rtpTimestamp: number | null, origin: number | null, width: number, height: number): void;
  /** No video came, or it stopped. The player is closed; make a new one to try again. */
  failed(error: unknown): void;
}

/** One viewer of one camera: from the offer to the last frame. Closed once, never used again. */
export class WhepPlayer {
  private readonly peer: RTCPeerConnection;
  private readonly abort = new AbortController();
  private session: Session | null = null;
  private watchdog: ReturnType<typeof setTimeout> | undefined;
  private callback = 0;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly url: string,
    iceServers: readonly RTCIceServer[],
    private readonly events: WhepEvents,
  ) {
    this.peer = new RTCPeerConnection({ iceServers: [...iceServers] });
    const transceiver = this.peer.addTransceiver("video", { direction: "recvonly" });
    preferCodecs(transceiver, "receive", ["h264", "vp8"]);
    this.peer.ontrack = ({ track, streams }) => {
      this.video.srcObject = streams[0] ?? new MediaStream([track]);
      // Refused only while the page is being left; the watchdog notices a video that doesn't run.
      this.video.play().catch(() => undefined);
    };
    this.peer.onconnectionstatechange = () => {
      if (this.peer.connectionState === "failed") this.fail(new Error("connection failed"));
    };
    this.arm(FIRST_PICTURE_MS);
    this.start().catch((error: unknown) => this.fail(error));
  }

  /** `gone`: the server has ended the session itself, so there is nothing left to take leave of. */
  close(gone = false): void {
    if (this.abort.signal.aborted) return;
    this.abort.abort();
    clearTimeout(this.watchdog);
    if (this.callback) this.video.cancelVideoFrameCallback(this.callback);
    if (this.session && !gone) this.session.end();
    else this.peer.close();
    this.video.srcObject = null;
  }

  /** Show pictures `ms` later than they could be; browsers that can't just show them. */
  holdBack(ms: number): void {
    for (const receiver of this.peer.getReceivers())
      if ("jitterBufferTarget" in receiver) receiver.jitterBufferTarget = ms;
  }

  private async start(): Promise<void> {
    this.session = await negotiate(this.peer, this.url, this.abort.signal);
    const header = this.session.headers.get("Maskwatch-Media-Origin");
    const origin = header === null ? null : Number(header) >>> 0;
    const shown: VideoFrameRequestCallback = (_now, frame) => {
      this.callback = this.video.requestVideoFrameCallback(shown);
      this.arm(STILL_MS);
      this.events.frame(frame.rtpTimestamp ?? null, origin, frame.width, frame.height);
    };
    this.callback = this.video.requestVideoFrameCallback(shown);
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
