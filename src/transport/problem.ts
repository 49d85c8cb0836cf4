import { FAILURES, isFailureCode, ParasyncError } from "../errors.ts";
import { printable } from "../telemetry/printable.ts";
import { BusyError } from "./busy.ts";
import { serverHeaders } from "./headers.ts";
import { lingering } from "./lingering.ts";
import type { RequestTrace } from "./request_trace.ts";

const CONTENT_TYPE = "application/problem+json";

/**
 * The failure behind anything thrown; what is not ours is an internal one, whose text stays here.
 *
 * @param error What was thrown.
 * @returns A failure that a peer may be told.
 */
export function toFailure(error: unknown): ParasyncError {
  if (error instanceof ParasyncError) return error;
  return new ParasyncError("internal", "Cannot go on: the server failed; its log says why", {
    cause: error,
  });
}

/**
 * A failure as a response (RFC 9457).
 *
 * @param failure What went wrong.
 * @param unread The request's body, where nobody has begun to read it.
 * @param trace The request: its name stands in the document.
 * @returns A problem document with the failure's status.
 */
export function problemResponse(
  failure: ParasyncError,
  unread: ReadableStream<Uint8Array> | null = null,
  trace?: RequestTrace,
): Response {
  const { status } = FAILURES[failure.code];
  const headers = serverHeaders(CONTENT_TYPE);
  if (failure.code === "busy") {
    const seconds = failure instanceof BusyError ? failure.retryAfterSeconds : 1;
    headers.set("retry-after", String(seconds));
  }
  if (failure.code === "unauthorized") headers.set("www-authenticate", "Bearer");
  const body = { type: "about:blank", title: failure.code, status, detail: failure.message };
  const text = JSON.stringify({ ...body, code: failure.code, request_id: trace?.id });
  trace?.sent(new TextEncoder().encode(text).length);
  return new Response(unread === null ? text : lingering(text, unread), { status, headers });
}

/**
 * Reads a problem document back.
 *
 * @param text The response's body.
 * @param status The response's status.
 * @returns The failure the server told of.
 */
export function readProblem(text: string, status: number): ParasyncError {
  let problem: unknown;
  try {
    problem = JSON.parse(text);
  } catch {
    problem = undefined;
  }
  if (typeof problem === "object" && problem !== null && "code" in problem && "detail" in problem) {
    const { code, detail } = problem;
    if (typeof code === "string" && isFailureCode(code) && typeof detail === "string") {
      return new ParasyncError(code, printable(detail.slice(0, 1000)));
    }
  }
  return new ParasyncError("not_a_server", `Cannot sync: the server answered ${status}`);
}
