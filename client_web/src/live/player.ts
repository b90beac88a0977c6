/** What a player of live video tells, however it gets its pictures. */
export interface PlayerEvents {
  /** A frame is on the screen: its time on the server's media clock, or null where that can't be had. */
  frame(ticks: number | null, width: number, height: number): void;
  /** No video came, or it stopped. The player is closed; make a new one to try again. */
  failed(error: unknown): void;
}

/** One viewer of one camera, from its start to its end. Closed once, never used again. */
export interface Player {
  /** `gone`: the server has ended it itself, so there is nothing left to take leave of. */
  close(gone?: boolean): void;
  /** Show pictures `ms` later than they could be. */
  holdBack(ms: number): void;
}

/** The server can be asked, but the video's own way to it is blocked. */
export class Unreachable extends Error {
  /** `relayRefused`: there is a relay (TURN server), but it refused the login. */
  constructor(readonly relayRefused = false) {
    super("no way to the server");
  }
}
