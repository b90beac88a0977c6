import type { FacesMessage } from "../wire.gen";
import { Backoff } from "./backoff";
import { FacesBuffer, ticksBetween } from "./faces";
import { MsePlayer } from "./mse";
import { Overlay } from "./overlay";
import { Pace } from "./pace";
import type { Player, PlayerEvents } from "./player";
import { Stills } from "./stills";
import { type Transport, TransportChoice, type Wanted } from "./transport";
import { WhepPlayer } from "./whep";

/** What a stage shows: nothing yet, live video, live video through the page's own connection, or still pictures. */
export type Mode = "waiting" | "video" | "websocket" | "websocket.relay" | "stills";

export interface PictureNeeds {
  iceServers(): readonly RTCIceServer[];
  /** How live video is wanted. */
  transport(): Wanted;
}

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
  private readonly choice: TransportChoice;
  private player: Player | null = null;
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
    private readonly needs: PictureNeeds,
    private readonly onMode: (mode: Mode) => void,
  ) {
    this.choice = new TransportChoice(() => needs.transport());
    this.overlay = new Overlay(parts.canvas);
  }

  start(): void {
    if (this.running) return;
    this.running = true;
    this.backoff.reset();
    // A still picture is there at once; live video takes its place as soon as it runs, and leaves it when it fails.
    this.showStills();
    this.play();
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
    const transport = this.choice.next();
    if (!transport) return;
    this.pace = new Pace();
    const events: PlayerEvents = {
      frame: (ticks, width, height) => {
        if (!this.playing) this.live(transport);
        this.shownTicks = ticks;
        // Without a clock in common (an old browser or a source without one) the newest look is the nearest there is.
        this.overlay.draw(ticks === null ? this.faces.latest() : this.faces.atTicks(ticks), { width, height });
      },
      failed: (error) => this.playerFailed(transport, error),
    };
    this.player =
      transport === "webrtc"
        ? new WhepPlayer(this.parts.video, `/${this.camera}/whep`, this.needs.iceServers(), events)
        : new MsePlayer(this.parts.video, `/${this.camera}/mse`, events);
  }

  private live(transport: Transport): void {
    this.playing = true;
    this.choice.played(transport);
    this.backoff.reset();
    this.stills?.close();
    this.stills = null;
    this.still = null;
    const byWebsocket = this.choice.relayRefused ? "websocket.relay" : "websocket";
    this.onMode(transport === "webrtc" ? "video" : byWebsocket);
  }

  private playerFailed(transport: Transport, error: unknown): void {
    this.player = null;
    this.playing = false;
    this.shownTicks = null;
    if (!this.running) return;
    this.showStills();
    clearTimeout(this.retry);
    const wait = this.choice.failed(transport, error) ? 0 : this.backoff.next();
    this.retry = setTimeout(() => this.play(), wait);
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
