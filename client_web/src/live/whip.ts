import { Backoff } from "./backoff";
import { ApiError } from "./http";
import { askIceServers, negotiate, preferCodecs, type Session, watchRelay } from "./peer";

/** What stands in the way for good: trying again changes nothing until a person does something. */
export type Obstacle = "denied" | "noCamera" | "busy" | "badLink" | "noSuch" | "taken" | "unsupported";

export type PublishState =
  | { is: "asking" | "connecting" | "stopped" }
  | { is: "lost"; relayRefused: boolean }
  | { is: "live"; since: number }
  | { is: "blocked"; by: Obstacle };

export interface Choice {
  facing?: "user" | "environment" | undefined;
  deviceId?: string | undefined;
}

const DISCONNECTED_MS = 4_000;
/** From the server's answer to the connection; without any way to try, a browser says nothing for ever. */
const CONNECT_MS = 10_000;
/** For the server's answer; a request over a connection that died without a word may wait for minutes. */
const ANSWER_MS = 15_000;

/** Sends this device's camera to the server by WHIP until it is stopped; connects again by itself. */
export class Publisher {
  stream: MediaStream | null = null;
  private peer: RTCPeerConnection | null = null;
  private session: Session | null = null;
  private attempt = new AbortController();
  private retry: ReturnType<typeof setTimeout> | undefined;
  private readonly backoff = new Backoff(500, 8_000);
  private running = false;
  /** Counts the questions for a camera: an answer that comes after the next one, or after the end, isn't wanted. */
  private asked = 0;

  constructor(
    private readonly url: string,
    private readonly token: string | null,
    private readonly iceServers: () => readonly RTCIceServer[],
    private readonly onState: (state: PublishState, stream: MediaStream | null) => void,
  ) {}

  async start(choice: Choice): Promise<void> {
    this.running = true;
    this.say({ is: "asking" });
    if (await this.openCamera(choice)) this.connect();
  }

  stop(): void {
    this.running = false;
    this.hangUp();
    this.closeCamera();
    this.say({ is: "stopped" });
  }

  /** Use another of the device's cameras; what is sent goes on without a break. */
  async choose(choice: Choice): Promise<void> {
    // Phones open one camera at a time: the old one must be closed before the next is asked for.
    this.closeCamera();
    if (!(await this.openCamera(choice))) return;
    const track = this.stream?.getVideoTracks()[0] ?? null;
    const sender = this.peer?.getSenders()[0];
    if (sender) await sender.replaceTrack(track);
    else this.connect();
  }

  private async openCamera({ facing, deviceId }: Choice): Promise<boolean> {
    const video: MediaTrackConstraints = {
      width: { ideal: 1280 },
      height: { ideal: 720 },
      frameRate: { ideal: 15, max: 30 },
    };
    if (deviceId) video.deviceId = { exact: deviceId };
    else if (facing) video.facingMode = { ideal: facing };
    this.asked += 1;
    const mine = this.asked;
    let stream: MediaStream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video, audio: false });
    } catch (error) {
      if (mine === this.asked) this.block(obstacleOf(error));
      return false;
    }
    if (mine !== this.asked) {
      // Somebody pressed Stop, or chose another one, while the browser still asked: it must not go on filming.
      for (const track of stream.getTracks()) track.stop();
      return false;
    }
    this.stream = stream;
    const track = stream.getVideoTracks()[0];
    if (track) {
      track.contentHint = "detail";
      track.onended = () => this.running && this.block("busy");
    }
    this.onStream();
    return true;
  }

  private onStream(): void {
    if (this.peer?.connectionState === "connected") this.say({ is: "live", since: this.since });
    else this.say({ is: "connecting" });
  }

  private since = 0;
  private relayRefused: () => boolean = () => false;

  private async connect(): Promise<void> {
    this.hangUp();
    const attempt = new AbortController();
    this.attempt = attempt;
    let grace: ReturnType<typeof setTimeout> | undefined;
    const allow = (ms: number) => {
      clearTimeout(grace);
      grace = setTimeout(() => attempt === this.attempt && void this.lost(), ms);
    };
    attempt.signal.addEventListener("abort", () => clearTimeout(grace), { once: true });
    allow(ANSWER_MS);
    const headers: Record<string, string> = this.token ? { Authorization: `Bearer ${this.token}` } : {};
    const known = this.iceServers();
    const iceServers = known.length || !this.token ? [...known] : await askIceServers(this.url, headers);
    if (attempt.signal.aborted) return;
    const peer = new RTCPeerConnection({ iceServers });
    this.peer = peer;
    this.relayRefused = watchRelay(peer);
    const track = this.stream?.getVideoTracks()[0];
    if (!track || !this.stream) return;
    const transceiver = peer.addTransceiver(track, { direction: "sendonly", streams: [this.stream] });
    // H.264 reaches the viewers as it is; anything else has to be encoded again on the server.
    preferCodecs(transceiver, "send", ["h264", "vp8"]);
    peer.onconnectionstatechange = () => {
      if (peer !== this.peer) return;
      if (peer.connectionState === "connecting") return;
      clearTimeout(grace);
      if (peer.connectionState === "connected") this.connected();
      // `closed`: the server said goodbye.
      if (peer.connectionState === "failed" || peer.connectionState === "closed") void this.lost();
      if (peer.connectionState === "disconnected") allow(DISCONNECTED_MS);
    };
    try {
      this.session = await negotiate(peer, this.url, attempt.signal, headers);
      if (peer.connectionState === "new" || peer.connectionState === "connecting") allow(CONNECT_MS);
    } catch (error) {
      if (peer === this.peer) this.refused(error);
    }
  }

  private connected(): void {
    this.backoff.reset();
    this.since = Date.now();
    this.say({ is: "live", since: this.since });
  }

  private refused(error: unknown): void {
    const { status, code } = error instanceof ApiError ? error : { status: 0, code: "" };
    if (code === "session_replaced") this.block("taken");
    else if (status === 401 || status === 403) this.block("badLink");
    else if (status === 404) this.block("noSuch");
    else void this.lost();
  }

  private async lost(): Promise<void> {
    const { session, peer } = this;
    this.session = null;
    this.hangUp();
    peer?.close();
    if (!this.running) return;
    this.say({ is: "lost", relayRefused: this.relayRefused() });
    const { attempt } = this;
    const why = await session?.whyEnded();
    if (attempt !== this.attempt || !this.running) return;
    // Whoever came later has the place. To take it back by ourselves would have two phones take turns for ever.
    if (why === "session_replaced") return this.block("taken");
    this.retry = setTimeout(() => this.connect(), this.backoff.next());
  }

  private block(by: Obstacle): void {
    this.running = false;
    this.hangUp();
    this.closeCamera();
    this.say({ is: "blocked", by });
  }

  private hangUp(): void {
    clearTimeout(this.retry);
    this.attempt.abort();
    const { session, peer } = this;
    this.session = null;
    this.peer = null;
    if (session) session.end();
    else peer?.close();
  }

  private closeCamera(): void {
    this.asked += 1;
    for (const track of this.stream?.getTracks() ?? []) {
      track.onended = null;
      track.stop();
    }
    this.stream = null;
  }

  private say(state: PublishState): void {
    this.onState(state, this.stream);
  }
}

/** Why the browser gave no camera, from the names that the standard gives its errors. */
export function obstacleOf(error: unknown): Obstacle {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "noCamera";
  if (name === "NotReadableError" || name === "AbortError") return "busy";
  return "unsupported";
}
