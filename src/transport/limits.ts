/** What a server allows its clients; nothing is without a limit. */
export interface Limits {
  /** The largest new file or basis, in bytes. */
  readonly maxFileBytes: number;
  /** The longest request body, in bytes. */
  readonly maxBodyBytes: number;
  /** The most sessions remembered at once. */
  readonly maxSessions: number;
  /** The most syncs at work at once. */
  readonly maxConcurrent: number;
  /** The most threads one sync may use. */
  readonly maxThreads: number;
  /** The most syncs that wait until they may work. */
  readonly maxQueue: number;
  /** How long one of them waits before it is told to come again, in ms. */
  readonly queueMs: number;
  /** The most connections at once. */
  readonly maxConnections: number;
  /** How long a connection may take to send the head of its first request, in ms. */
  readonly headerMs: number;
  /** How long a peer may neither send nor take anything, in ms. */
  readonly idleMs: number;
  /** In what time a body must bring something worth the wait, in ms. */
  readonly stallMs: number;
  /** How long an unused session is remembered, in ms. */
  readonly sessionMs: number;
}

/** The most keys one session may ask for: about 64 bytes of memory each. */
export const MAX_KEYS = 8 << 20;

/** The most chunks of a basis: about 30 bytes of memory each. */
export const MAX_CHUNKS = 32 << 20;

/** What one body of a patch should not exceed, so that proxies and retries deal with bounded requests. */
const PATCH_BYTES = 1 << 30;

/** A client ends a body after the piece that fills it, not before. */
const PATCH_MARGIN_BYTES = 4 << 20;

/**
 * After how many bytes a client should end one body of a patch and begin the next.
 *
 * @param maxBodyBytes The longest body that is accepted.
 */
export function patchBytes(maxBodyBytes: number): number {
  const margin = Math.min(PATCH_MARGIN_BYTES, Math.floor(maxBodyBytes / 2));
  return Math.min(PATCH_BYTES, maxBodyBytes - margin);
}
