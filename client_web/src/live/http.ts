import type { Problem } from "../wire.gen";

/** What went wrong, in the server's words where it had any. `code` is stable; `status` 0 means no answer at all. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly remedy: string = "",
  ) {
    super(detail);
  }
}

export interface Call {
  method?: "GET" | "OPTIONS" | "POST" | "PUT" | "PATCH" | "DELETE";
  json?: unknown;
  text?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

/** One request to the server. Throws `ApiError` for every answer that isn't a success, and when there is none. */
export async function request(path: string, call: Call = {}): Promise<Response> {
  const headers: Record<string, string> = { ...call.headers };
  if (call.json !== undefined) headers["Content-Type"] = "application/json";
  const init: RequestInit = { method: call.method ?? "GET", headers, credentials: "same-origin", cache: "no-store" };
  const body = call.json === undefined ? call.text : JSON.stringify(call.json);
  if (body !== undefined) init.body = body;
  if (call.signal) init.signal = call.signal;
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, "network", "");
  }
  if (response.ok) return response;
  throw await toError(response);
}

async function toError(response: Response): Promise<ApiError> {
  const type = response.headers.get("Content-Type") ?? "";
  if (type.startsWith("application/problem+json")) {
    const problem = (await response.json()) as Problem;
    return new ApiError(response.status, problem.code, problem.detail, problem.remedy);
  }
  return new ApiError(response.status, "unknown", "");
}
