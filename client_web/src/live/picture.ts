import type { FacesMessage } from "../wire.gen";
import { Backoff } from "./backoff";
import { FacesBuffer, mediaTicks } from "./faces";
import { ApiError } from "./http";
import { Overlay } from "./overlay";
import { Stills } from "./stills";
import { canPlayLive, WhepPlayer } from "./whep";

/** What a stage shows: nothing yet, live video, or still pictures. */
export type Mode = "waiting" | "video" | "stills";

export interface PictureParts {
  video: HTMLVideoElement;
  image: HTMLImageElement;
  canvas: HTMLCanvasElement;
}

/** Failures in a row after which still pictures take over; live video is tried again beside them. */
const TRIES_BEFORE_STILLS = 2;

/** The moving picture of one camera with the boxes over it. Owns its connection from `start` to `stop`. */
export class LivePicture {
  private readonly faces = new FacesBuffer();
  private readonly overlay: Overlay;
  private player: WhepPlayer | null = null;
  private stills: Stills | null = null;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  private readonly backoff = new Backoff(700, 30_000);
  private running = false;
  /** The picture on the screen when boxes go by still pictures. */
  private still: { capturedAt: number | null; width: number; height: number } | null = null;

  constructor(
    private readonly camera: string,
    private readonly parts: PictureParts,
    private readonly iceServers: () => readonly RTCIceServer[],
    private readonly onMode: (mode: Mode) => void,
  ) {
    this.overlay = new Overlay(parts.canvas);
  }

  start(): void {
    if (this.running) return;
    this.running = true;
    this.failures = 0;
    this.backoff.reset();
    if (canPlayLive()) this.play();
    else this.fallBack();
  }

  stop(): void {
    if (!this.running) return;
    this.running = false;
    clearTimeout(this.retry);
    this.player?.close();
    this.player = null;
    this.stills?.close();
    this.stills = null;
    this.still = null;
    this.faces.clear();
    this.overlay.draw(null, { width: 0, height: 0 });
    this.onMode("waiting");
  }

  close(): void {
    this.stop();
    this.overlay.close();
  }

  take(look: FacesMessage): void {
    this.faces.push(look);
    if (this.still) this.drawOverStill();
  }

  private play(): void {
    this.player = new WhepPlayer(this.parts.video, `/${this.camera}/whep`, this.iceServers(), {
      frame: (rtpTimestamp, origin, width, height) => {
        if (this.failures || this.still || !this.playing) this.live();
        this.overlay.draw(this.lookFor(rtpTimestamp, origin), { width, height });
      },
      failed: (error) => this.playerFailed(error),
    });
  }

  private playing = false;

  private live(): void {
    this.playing = true;
    this.failures = 0;
    this.backoff.reset();
    this.stills?.close();
    this.stills = null;
    this.still = null;
    this.onMode("video");
  }

  private lookFor(rtpTimestamp: number | null, origin: number | null): FacesMessage | null {
    // Without a clock in common (an old browser or a source without one) the newest look is the nearest there is.
    if (rtpTimestamp === null || origin === null) return this.faces.latest();
    return this.faces.atTicks(mediaTicks(rtpTimestamp, origin));
  }

  private playerFailed(error: unknown): void {
    this.player = null;
    this.playing = false;
    if (!this.running) return;
    this.failures += 1;
    this.overlay.draw(null, { width: 0, height: 0 });
    if (!this.stills) this.onMode("waiting");
    const refused = error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 404;
    if (refused || this.failures >= TRIES_BEFORE_STILLS) this.fallBack();
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.play(), this.backoff.next());
  }

  private fallBack(): void {
    if (this.stills) return;
    this.stills = new Stills(this.parts.image, `/api/v1/cameras/${this.camera}/frame.jpg`, {
      shown: (capturedAt, width, height) => {
        this.still = { capturedAt, width, height };
        this.onMode("stills");
        this.drawOverStill();
      },
      failed: () => {
        this.still = null;
        this.onMode("waiting");
      },
    });
  }

  private drawOverStill(): void {
    if (!this.still) return;
    const { capturedAt, width, height } = this.still;
    const look = capturedAt === null ? null : this.faces.nearTime(capturedAt);
    this.overlay.draw(look, { width, height });
  }
}
