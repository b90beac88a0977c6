import { request } from "./http";

const PERIOD_MS = 1_000;
const PERIOD_FAILED_MS = 3_000;

export interface StillEvents {
  /** A still picture is shown, taken at `capturedAt` (server time, ms). */
  shown(capturedAt: number | null, width: number, height: number): void;
  failed(): void;
}

/** Shows a camera's newest picture, fetched again and again: where live video can't be had. */
export class Stills {
  private readonly abort = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private address: string | null = null;

  constructor(
    private readonly image: HTMLImageElement,
    private readonly url: string,
    private readonly events: StillEvents,
  ) {
    this.next();
  }

  close(): void {
    this.abort.abort();
    clearTimeout(this.timer);
    this.release();
    this.image.removeAttribute("src");
  }

  private async next(): Promise<void> {
    let wait = PERIOD_MS;
    try {
      const response = await request(`${this.url}?width=${this.width()}`, { signal: this.abort.signal });
      const captured = response.headers.get("Maskwatch-Captured-At");
      const address = URL.createObjectURL(await response.blob());
      this.release();
      this.address = address;
      this.image.src = address;
      await this.image.decode();
      const { naturalWidth, naturalHeight } = this.image;
      this.events.shown(captured === null ? null : Date.parse(captured), naturalWidth, naturalHeight);
    } catch {
      if (this.abort.signal.aborted) return;
      wait = PERIOD_FAILED_MS;
      this.events.failed();
    }
    if (!this.abort.signal.aborted) this.timer = setTimeout(() => this.next(), wait);
  }

  /** No more pixels than the page shows; steps, so that a page being resized doesn't ask for each size. */
  private width(): number {
    const shown = (this.image.parentElement?.clientWidth ?? 640) * (window.devicePixelRatio || 1);
    return Math.max(320, Math.min(1920, Math.ceil(shown / 320) * 320));
  }

  private release(): void {
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = null;
  }
}
