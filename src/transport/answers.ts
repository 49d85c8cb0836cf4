import { serverHeaders } from "./headers.ts";
import type { RequestTrace } from "./request_trace.ts";

/**
 * An answer that is known whole.
 *
 * @param content Its body.
 * @param type The content type of that.
 * @param trace The request that it answers.
 */
export function wholeAnswer(content: string, type: string, trace: RequestTrace): Response {
  const bytes = new TextEncoder().encode(content);
  trace.sent(bytes.length);
  return new Response(bytes, { headers: serverHeaders(type) });
}

/** Plain text as an answer. */
export function textAnswer(content: string, trace: RequestTrace): Response {
  return wholeAnswer(content, "text/plain; charset=utf-8", trace);
}

/** A value as an answer, in JSON. */
export function jsonAnswer(value: unknown, trace: RequestTrace): Response {
  return wholeAnswer(JSON.stringify(value) + "\n", "application/json", trace);
}
