import { vi } from "vitest";
import type { Subscribe } from "../src/wire.gen";

/** The far end of a websocket, driven by the test. */
export class FarEnd {
  sent: Subscribe[] = [];
  closed = false;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(): void {
    this.closed = true;
  }
  says(...messages: object[]): void {
    for (const message of messages) this.onmessage?.({ data: JSON.stringify(message) });
  }
  hangsUp(): void {
    this.onclose?.();
  }
}

/** A server as the page's modules see it: what it answers by path, and the far end of its websocket. */
export class FakeServer {
  readonly ends: FarEnd[] = [];
  readonly requests: string[] = [];
  /** Answers by method and path, without the query; one that throws is a server that can't be reached. */
  readonly answers: Record<string, (query: URLSearchParams) => unknown> = {};

  constructor() {
    const { ends } = this;
    const open = function open() {
      const end = new FarEnd();
      ends.push(end);
      return end;
    };
    vi.stubGlobal("WebSocket", open);
    vi.stubGlobal("fetch", async (address: string, init: RequestInit) => {
      const [path = "", query] = address.split("?");
      const asked = `${init.method} ${path.replace("/api/v1", "")}`;
      this.requests.push(asked);
      const answer = this.answers[asked];
      if (!answer) return new Response("{}", { status: 404 });
      const found = await answer(new URLSearchParams(query));
      return found instanceof Response ? found : Response.json(found);
    });
  }

  get newest(): FarEnd {
    const end = this.ends.at(-1);
    if (!end) throw new Error("not connected");
    return end;
  }
}

export const REFUSED = () => new Response("{}", { status: 503 });
export const UNREACHABLE = () => {
  throw new TypeError("Failed to fetch");
};
