import type { AlertMessage, CameraMessage, FacesMessage, HelloMessage, Subscribe } from "../wire.gen";
import { Backoff } from "./backoff";

export type ServerMessage = HelloMessage | FacesMessage | AlertMessage | CameraMessage | { type: "error" };

/** Where the connection stands. `retryAt` is the wall clock of the next try (ms), null while one is under way. */
export type Connection =
  | { state: "connecting" }
  | { state: "open" }
  | { state: "lost"; since: number; retryAt: number | null };

export interface Listener {
  /** Cameras and figures as they are. `gap` says that alerts were missed: load them again. */
  hello(message: HelloMessage, gap: boolean): void;
  faces(message: FacesMessage): void;
  alert(message: AlertMessage): void;
  camera(message: CameraMessage): void;
  connection(connection: Connection): void;
}

/** A server that has nothing to say is asked after this long whether it is still there, … */
const QUIET_MS = 8_000;
/** … and taken for gone when it doesn't answer within this. */
const ANSWER_MS = 4_000;
const SETTLE_MS = 120;

/**
 * The one websocket of the page. It connects again by itself, says at once when the connection is gone, and asks for
 * the events it missed by the id of the last one it saw, so that none is lost or shown twice.
 */
export class LiveSocket {
  private socket: WebSocket | null = null;
  private readonly backoff = new Backoff(400, 10_000);
  private retry: ReturnType<typeof setTimeout> | undefined;
  private quiet: ReturnType<typeof setTimeout> | undefined;
  private settle: ReturnType<typeof setTimeout> | undefined;
  private watched: readonly string[] = [];
  private lastEventId: number | null = null;
  private greeted = false;
  private caughtUp = false;
  /** For each `subscribe` not yet answered: whether it is the first of its connection, and whether it asked for missed events. */
  private asked: { first: boolean; resumes: boolean }[] = [];
  private lostSince: number | null = null;

  constructor(
    private readonly url: string,
    private readonly listener: Listener,
    private readonly open: (url: string) => WebSocket = (address) => new WebSocket(address),
  ) {}

  start(): void {
    this.connect();
  }

  stop(): void {
    clearTimeout(this.retry);
    clearTimeout(this.settle);
    this.drop();
  }

  /** Try now instead of at the next try. */
  retryNow(): void {
    if (this.socket) return;
    this.backoff.reset();
    this.connect();
  }

  /** The network or the machine says that it went away or came back. */
  networkChanged(online: boolean): void {
    if (online) this.retryNow();
    else if (this.socket) this.lose();
  }

  /** Which cameras' faces to send. Changes within a moment (scrolling) go out as one. */
  watch(cameras: readonly string[]): void {
    const next = [...cameras].sort();
    if (next.join() === this.watched.join()) return;
    this.watched = next;
    clearTimeout(this.settle);
    this.settle = setTimeout(() => {
      if (this.greeted) this.subscribe(false);
    }, SETTLE_MS);
  }

  private connect(): void {
    clearTimeout(this.retry);
    this.greeted = false;
    this.caughtUp = false;
    this.asked = [];
    if (this.lostSince === null) this.listener.connection({ state: "connecting" });
    else this.listener.connection({ state: "lost", since: this.lostSince, retryAt: null });
    const socket = this.open(this.url);
    this.socket = socket;
    socket.onmessage = (event) => {
      if (socket === this.socket && typeof event.data === "string") this.receive(event.data);
    };
    socket.onclose = () => {
      if (socket === this.socket) this.lose();
    };
    this.expect(QUIET_MS, () => this.lose());
  }

  private receive(text: string): void {
    this.expect(QUIET_MS, () => this.probe());
    const message = JSON.parse(text) as ServerMessage;
    switch (message.type) {
      case "hello":
        this.hello(message);
        break;
      case "faces":
        this.listener.faces(message);
        break;
      case "camera":
        this.listener.camera(message);
        break;
      case "alert":
        // Until the server has answered what was missed, newer events would hide the older ones: they come again.
        if (!this.caughtUp || (this.lastEventId !== null && message.event_id <= this.lastEventId)) break;
        this.lastEventId = message.event_id;
        this.listener.alert(message);
        break;
      default:
        break;
    }
  }

  private hello(message: HelloMessage): void {
    if (!this.greeted) {
      // The greeting of a new connection: now say what is wanted. Its answer is a hello too.
      this.greeted = true;
      this.backoff.reset();
      this.subscribe(true);
      return;
    }
    const { first, resumes } = this.asked.shift() ?? { first: false, resumes: false };
    const gap = resumes && !message.resumed;
    if (gap || this.lastEventId === null) this.lastEventId = message.last_event_id;
    if (first) {
      this.caughtUp = true;
      this.lostSince = null;
      this.listener.connection({ state: "open" });
    }
    this.listener.hello(message, gap);
  }

  private subscribe(first: boolean): void {
    clearTimeout(this.settle);
    const message: Subscribe = { v: 1, type: "subscribe", cameras: [...this.watched] };
    const resumes = first && this.lastEventId !== null;
    if (resumes) message.resume_from = this.lastEventId;
    this.asked.push({ first, resumes });
    this.socket?.send(JSON.stringify(message));
  }

  /** Nothing came for a while: ask. Some connections die without a word (a phone that changed its network). */
  private probe(): void {
    if (this.greeted) this.subscribe(false);
    this.expect(ANSWER_MS, () => this.lose());
  }

  private expect(ms: number, otherwise: () => void): void {
    clearTimeout(this.quiet);
    this.quiet = setTimeout(otherwise, ms);
  }

  private drop(): void {
    clearTimeout(this.quiet);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  private lose(): void {
    this.drop();
    this.lostSince ??= Date.now();
    const wait = this.backoff.next();
    this.listener.connection({ state: "lost", since: this.lostSince, retryAt: Date.now() + wait });
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.connect(), wait);
  }
}
