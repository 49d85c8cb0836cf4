import { ParasyncError } from "../errors.ts";

/** The most threads that a process may be told to use. */
export const MOST_THREADS = 256;

/** As many threads as there are cores. */
export function cores(): number {
  return Math.min(MOST_THREADS, Math.max(1, navigator.hardwareConcurrency));
}

/** As many as one file keeps busy: more than eight wait for the disk and the line rather than for a core. */
export function usefulCores(): number {
  return Math.min(8, cores());
}

/**
 * @param threads A number of threads that a program gave.
 * @returns The same.
 * @throws {ParasyncError} `usage` where it is none.
 */
export function requireThreads(threads: number): number {
  if (Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS) return threads;
  throw new ParasyncError(
    "usage",
    `Cannot use ${threads} threads: they must be 1 to ${MOST_THREADS}`,
  );
}
