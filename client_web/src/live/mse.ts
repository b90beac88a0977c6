import type { VideoKeyframe, VideoStart } from "../wire.gen";
import type { Player, PlayerEvents } from "./player";

const FIRST_PICTURE_MS = 8_000;
const STILL_MS = 5_000;
const CLOCK_RATE = 90_000;
/** How far behind the newest picture to be; less, and every hiccup of the network shows. */
const BEHIND_S = 0.15;
/** Further behind than this is not live: jump. */
const TOO_FAR_S = 1;
/** A little too far behind is made good unseen, by playing faster. */
const CATCH_UP = 1.1;
const LEEWAY_S = 0.12;
/** So close to the end of what is held in one piece, a browser stops. */
const GAP_S = 0.1;
/** Pictures shown longer ago than this are let go, a group at a time. */
const KEPT_S = 4;

/** iPhones have the managed kind only. */
type Source = typeof MediaSource;
function sourceKind(): Source | null {
  const kinds = window as unknown as { MediaSource?: Source; ManagedMediaSource?: Source };
  return kinds.MediaSource ?? kinds.ManagedMediaSource ?? null;
}

export function canPlayFragments(): boolean {
  const kind = sourceKind();
  return (
    kind !== null &&
    "requestVideoFrameCallback" in HTMLVideoElement.prototype &&
    kind.isTypeSupported('video/mp4; codecs="avc1.42e01f"')
  );
}

/** Plays a camera from the websocket `url`: the server's fragments of MP4, through Media Source Extensions. */
export class MsePlayer implements Player {
  private readonly socket: WebSocket;
  private buffer: LiveBuffer | null = null;
  private start: VideoStart | null = null;
  private keyframe: number | null = null;
  private watchdog: ReturnType<typeof setTimeout> | undefined;
  private callback = 0;
  private held = 0;
  private closed = false;

  constructor(
    private readonly video: HTMLVideoElement,
    url: string,
    private readonly events: PlayerEvents,
  ) {
    const address = new URL(url, window.location.href);
    address.protocol = address.protocol.replace("http", "ws");
    this.socket = new WebSocket(address);
    this.socket.binaryType = "arraybuffer";
    this.socket.onmessage = ({ data }) => this.take(data);
    this.socket.onclose = () => this.fail(new Error("closed"));
    this.arm(FIRST_PICTURE_MS);
    this.callback = video.requestVideoFrameCallback(this.shown);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    clearTimeout(this.watchdog);
    this.video.cancelVideoFrameCallback(this.callback);
    this.socket.close();
    this.buffer?.close();
    this.video.removeAttribute("src");
    this.video.playbackRate = 1;
    this.video.load();
  }

  holdBack(ms: number): void {
    this.held = ms / 1000;
    if (this.buffer) this.buffer.behind = BEHIND_S + this.held;
  }

  private take(data: unknown): void {
    if (typeof data === "string") {
      const told = JSON.parse(data) as VideoStart | VideoKeyframe;
      if (told.type === "start") this.start = told;
      else this.keyframe = told.shown_s;
    } else if (data instanceof ArrayBuffer) {
      if (this.start) this.begin(this.start);
      this.start = null;
      this.buffer?.append(data, this.keyframe);
      this.keyframe = null;
    }
  }

  private begin(start: VideoStart): void {
    const kind = sourceKind();
    if (!kind?.isTypeSupported(start.mime)) {
      this.fail(new Error(`can't play ${start.mime}`));
      return;
    }
    this.buffer?.close();
    this.buffer = new LiveBuffer(this.video, new kind(), start.mime, (error) => this.fail(error));
    this.buffer.behind = BEHIND_S + this.held;
  }

  private readonly shown: VideoFrameRequestCallback = (_now, frame) => {
    this.callback = this.video.requestVideoFrameCallback(this.shown);
    this.arm(STILL_MS);
    // The stream's ticks modulo 2**32 are the media clock; a double holds their seconds exactly enough to get them back.
    this.events.frame(Math.round(frame.mediaTime * CLOCK_RATE) >>> 0, frame.width, frame.height);
  };

  private arm(ms: number): void {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.fail(new Error("no picture")), ms);
  }

  private fail(error: unknown): void {
    if (this.closed) return;
    this.close();
    this.events.failed(error);
  }
}

/** What the browser holds of one stream: fed in order, kept short, and played close to its newest picture. */
class LiveBuffer {
  behind = BEHIND_S;
  private readonly address: string;
  private buffer: SourceBuffer | null = null;
  private readonly waiting: ArrayBuffer[] = [];
  private readonly keyframes: number[] = [];
  private placed = false;
  private closed = false;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly source: MediaSource,
    mime: string,
    private readonly onError: (error: unknown) => void,
  ) {
    source.addEventListener(
      "sourceopen",
      () => {
        if (this.closed) return;
        this.buffer = source.addSourceBuffer(mime);
        this.buffer.onupdateend = () => this.next();
        this.buffer.onerror = () => this.onError(new Error("the browser can't read the video"));
        this.next();
      },
      { once: true },
    );
    // Managed sources are refused where the picture could be sent on to a television.
    video.disableRemotePlayback = true;
    this.address = URL.createObjectURL(source);
    video.src = this.address;
  }

  append(data: ArrayBuffer, keyframe: number | null): void {
    if (keyframe !== null) this.keyframes.push(keyframe);
    this.waiting.push(data);
    this.next();
  }

  close(): void {
    this.closed = true;
    URL.revokeObjectURL(this.address);
  }

  private next(): void {
    const { buffer } = this;
    if (this.closed || !buffer || buffer.updating || this.source.readyState !== "open") return;
    this.follow(buffer);
    const old = this.forgettable();
    try {
      if (old !== null) buffer.remove(0, old);
      else if (this.waiting.length) buffer.appendBuffer(joined(this.waiting.splice(0)));
    } catch (error) {
      this.onError(error); // full, or broken: begun anew it is well again
    }
  }

  /** Up to where pictures can go: only whole groups, or the browser takes what comes after with them. */
  private forgettable(): number | null {
    const end = this.video.currentTime - KEPT_S;
    const index = this.keyframes.findLastIndex((time) => time <= end);
    if (!this.placed || index < 1) return null;
    const time = this.keyframes[index] ?? 0;
    this.keyframes.splice(0, index);
    return time;
  }

  /** Keep close to the newest picture. */
  private follow({ buffered }: SourceBuffer): void {
    const { video } = this;
    if (!buffered.length) return;
    const newest = buffered.end(buffered.length - 1);
    const target = Math.max(buffered.start(buffered.length - 1), newest - this.behind);
    const late = target - video.currentTime;
    if (!this.placed || late > TOO_FAR_S || late < -TOO_FAR_S || (late > 0 && inGap(buffered, video.currentTime))) {
      this.placed = true;
      video.currentTime = target;
      video.playbackRate = 1;
    } else if (late > LEEWAY_S) {
      video.playbackRate = CATCH_UP;
    } else if (late < -LEEWAY_S) {
      video.playbackRate = 1 / CATCH_UP;
    } else if (late < LEEWAY_S / 3 === video.playbackRate > 1) {
      video.playbackRate = 1;
    }
    // Refused only while the page is being left; the watchdog notices a video that doesn't run.
    if (video.paused) video.play().catch(() => undefined);
  }
}

/** Whether playing on from `at` ends in a gap at once, though there is something after it. */
function inGap(buffered: TimeRanges, at: number): boolean {
  for (let i = 0; i < buffered.length; i++) {
    if (at < buffered.start(i)) return true;
    if (at < buffered.end(i) - GAP_S) return false;
  }
  return false;
}

function joined(parts: readonly ArrayBuffer[]): ArrayBuffer {
  const [first] = parts;
  if (first && parts.length === 1) return first;
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    all.set(new Uint8Array(part), at);
    at += part.byteLength;
  }
  return all.buffer;
}
