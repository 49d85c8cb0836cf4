import { type FailureCode, FAILURES, ParasyncError } from "../errors.ts";
import { retryAfterMs } from "../transport/retry_after.ts";

/** What may be otherwise in a moment. */
const PASSING: ReadonlySet<FailureCode> = new Set([
  "connection",
  "connect_timeout",
  "stream",
  "busy",
]);

/** How long to wait before the first retry, and the longest that is waited, in ms. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;

/** How often and how long something is tried. */
export interface RetryOptions {
  /** How often it is tried again. */
  readonly retries: number;
  /** Told, in a line, what went wrong and when it is tried again. */
  readonly onRetry: (line: string) => void;
  /** Ends the tries; its reason is thrown. */
  readonly signal: AbortSignal;
  /** A number from 0 to 1, chosen by chance. */
  readonly random?: () => number;
}

/** Tries something again; of the number of retries that there are for everything, it takes what it needs. */
export type Again = <T>(attempt: (before: number) => Promise<T>) => Promise<T>;

/**
 * Tries something again for as long as it fails for what may pass: no connection, a broken one, a server that is busy
 * or just stopping. Each wait is twice as long as the one before, shortened by chance so that many clients do not come
 * back together, and never shorter than the server has asked for.
 *
 * @param attempt What to do; told how often it was tried before, and by what a part of it can be tried again alone.
 * @param options How often and how long.
 * @returns What it gives.
 * @throws What the last attempt has thrown, or the signal's reason.
 */
export async function withRetries<T>(
  attempt: (before: number, again: Again) => Promise<T>,
  { retries, onRetry, signal, random = Math.random }: RetryOptions,
): Promise<T> {
  let before = 0;
  const again: Again = async (part) => {
    for (;; before++) {
      try {
        return await part(before);
      } catch (error) {
        if (signal.aborted || before >= retries || !mayPass(error, before)) throw error;
        const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** before);
        const waitMs = Math.max(longest * (0.5 + random() / 2), retryAfterMs(error) ?? 0);
        const seconds = (waitMs / 1000).toFixed(1);
        onRetry(
          `${error.message}; trying again in ${seconds} s (${before + 1} of ${retries})`,
        );
        await waited(waitMs, signal);
      }
    }
  };
  return await again((made) => attempt(made, again));
}

/** The most that can be asked for. */
export const MOST_RETRIES = 1000;

/** At a lower rate the server would take this end for dead. */
const LEAST_RATE = 1024;

/**
 * @param retries How often something is to be tried again.
 * @returns The same.
 * @throws {ParasyncError} `usage` where it is no such number.
 */
export function requireRetries(retries: number): number {
  if (Number.isInteger(retries) && retries >= 0 && retries <= MOST_RETRIES) return retries;
  throw new ParasyncError(
    "usage",
    `Cannot use retries=${retries}: it must be 0 to ${MOST_RETRIES}`,
  );
}

/**
 * @param bytesPerSecond At which rate to send; undefined: as fast as it goes.
 * @returns The same.
 * @throws {ParasyncError} `usage` where that is too slow to keep a connection alive.
 */
export function requireRate(bytesPerSecond: number | undefined): number | undefined {
  if (bytesPerSecond === undefined || bytesPerSecond >= LEAST_RATE) return bytesPerSecond;
  throw new ParasyncError(
    "usage",
    `Cannot send ${bytesPerSecond} bytes a second: the least is ${LEAST_RATE}`,
  );
}

function mayPass(error: unknown, before: number): error is ParasyncError {
  if (!(error instanceof ParasyncError)) return false;
  if (PASSING.has(error.code)) return !isFinal(error);
  // A server that is stopping says that it was interrupted; this end's own interruption ends the tries.
  if (error.code === "interrupted") return true;
  // The server may not have noticed yet that the connection of the attempt before is gone.
  return error.code === "locked" && before > 0;
}

/** A name or a certificate does not become right by waiting. */
function isFinal({ code, message }: ParasyncError): boolean {
  return FAILURES[code].exit === FAILURES.connection.exit &&
    /certificate|cannot be resolved/.test(message);
}

async function waited(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const abort = (): void => reject(signal.reason);
  signal.addEventListener("abort", abort);
  try {
    if (signal.aborted) abort();
    await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}
