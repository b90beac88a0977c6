import type { FacesMessage } from "../wire.gen";
import { Backoff } from "./backoff";
import { FacesBuffer, mediaTicks, ticksBetween } from "./faces";
import { Overlay } from "./overlay";
import { Pace } from "./pace";
import { Stills } from "./stills";
import { canPlayLive, WhepPlayer } from "./whep";

/** What a stage shows: nothing yet, live video, or still pictures. */
export type Mode = "waiting" | "video" | "stills";

export interface PictureParts {
  video: HTMLVideoElement;
  image: HTMLImageElement;
  canvas: HTMLCanvasElement;
}

const TICKS_A_MS = 90;

/** The moving picture of one camera with the boxes over it. Owns its connection from `start` to `stop`. */
export class LivePicture {
  private readonly faces = new FacesBuffer();
  private readonly overlay: Overlay;
  private player: WhepPlayer | null = null;
  private stills: Stills | null = null;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private readonly backoff = new Backoff(700, 30_000);
  private running = false;
  private playing = false;
  private pace = new Pace();
  /** Media time of the frame on the screen, where it is known. */
  private shownTicks: number | null = null;
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
    this.backoff.reset();
    // A still picture is there at once; live video takes its place as soon as it runs, and leaves it when it fails.
    this.showStills();
    if (canPlayLive()) this.play();
  }

  /** `gone`: the camera is no longer there to be watched. */
  stop(gone = false): void {
    if (!this.running) return;
    this.running = false;
    clearTimeout(this.retry);
    this.player?.close(gone);
    this.player = null;
    this.stills?.close();
    this.stills = null;
    this.still = null;
    this.playing = false;
    this.shownTicks = null;
    this.faces.clear();
    this.overlay.draw(null, { width: 0, height: 0 });
    this.onMode("waiting");
  }

  close(gone: boolean): void {
    this.stop(gone);
    this.overlay.close();
  }

  take(look: FacesMessage): void {
    this.faces.push(look);
    if (this.shownTicks !== null && look.media_ticks !== null) {
      const delay = this.pace.note(ticksBetween(this.shownTicks, look.media_ticks) / TICKS_A_MS);
      if (delay !== null) this.player?.holdBack(delay);
    }
    if (this.still) this.drawOverStill();
  }

  private play(): void {
    this.pace = new Pace();
    this.player = new WhepPlayer(this.parts.video, `/${this.camera}/whep`, this.iceServers(), {
      frame: (rtpTimestamp, origin, width, height) => {
        if (!this.playing) this.live();
        this.overlay.draw(this.lookFor(rtpTimestamp, origin), { width, height });
      },
      failed: () => this.playerFailed(),
    });
  }

  private live(): void {
    this.playing = true;
    this.backoff.reset();
    this.stills?.close();
    this.stills = null;
    this.still = null;
    this.onMode("video");
  }

  private lookFor(rtpTimestamp: number | null, origin: number | null): FacesMessage | null {
    // Without a clock in common (an old browser or a source without one) the newest look is the nearest there is.
    this.shownTicks = rtpTimestamp === null || origin === null ? null : mediaTicks(rtpTimestamp, origin);
    return this.shownTicks === null ? this.faces.latest() : this.faces.atTicks(this.shownTicks);
  }

  private playerFailed(): void {
    this.player = null;
    this.playing = false;
    this.shownTicks = null;
    if (!this.running) return;
    this.showStills();
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.play(), this.backoff.next());
  }

  private showStills(): void {
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
