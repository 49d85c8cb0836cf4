import type { ParasyncError } from "../errors.ts";

/** No server can make a client wait longer than this, in ms. */
const LONGEST_MS = 10 * 60_000;

/** When to come again, by the failure that said so. */
const TOLD = new WeakMap<ParasyncError, number>();

/**
 * Notes when a server said to come again.
 *
 * @param failure The failure that its answer told of.
 * @param header Its `Retry-After`: seconds or a date; null where there is none.
 * @param now The present, ms since 1970.
 * @returns The failure.
 */
export function withRetryAfter(
  failure: ParasyncError,
  header: string | null,
  now = Date.now(),
): ParasyncError {
  if (header === null) return failure;
  const text = header.trim();
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  if (ms > 0) TOLD.set(failure, Math.min(ms, LONGEST_MS));
  return failure;
}

/**
 * @param error What was thrown.
 * @returns How long the server wanted its client to wait, in ms; undefined where it said nothing.
 */
export function retryAfterMs(error: unknown): number | undefined {
  return typeof error === "object" && error !== null ? TOLD.get(error as ParasyncError) : undefined;
}
