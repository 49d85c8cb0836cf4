import { ParasyncError } from "../errors.ts";

/** What a body may do. */
export interface BodyLimits {
  /** The most bytes it may have. */
  readonly maxBytes: number;
  /** How long it may stand still, in ms. */
  readonly idleMs: number;
  /**
   * In what time it must bring at least {@linkcode LEAST_BYTES} or come to its end, in ms of waiting for it; absent: it
   * may be as slow as it likes. Else a byte now and then would hold a target's lock for ever.
   */
  readonly stallMs?: number;
  /** Who sends it, for messages: "client" or "server". */
  readonly sender: string;
  /** Breaks reading off; its reason is thrown. */
  readonly signal?: AbortSignal;
  /** Told how many bytes of it have come, piece by piece. */
  readonly onBytes?: (bytes: number) => void;
}

/** What a body brings at least in the time that it has: less than any line that people push over. */
export const LEAST_BYTES = 1024;

/**
 * The pieces of a body as they arrive, within limits: the runtime itself waits for ever and takes any size.
 *
 * @param body The body; null is empty.
 * @param limits What it may do.
 * @returns Its pieces.
 * @throws {ParasyncError} `too_large`, `timeout`, or `stream` where the connection breaks.
 */
export async function* readBody(
  body: ReadableStream<Uint8Array> | null,
  { maxBytes, idleMs, stallMs = Infinity, sender, signal, onBytes }: BodyLimits,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (body === null) return;
  const reader = body.getReader();
  let bytes = 0;
  let broken: { readonly reason: unknown } | undefined;
  // Not a promise to race each read with: it would keep every piece in memory until the body's end.
  const expire = (reason: unknown): void => {
    broken ??= { reason };
    reader.cancel(reason).catch(() => {});
  };
  const abort = (): void => expire(signal?.reason);
  signal?.addEventListener("abort", abort);
  if (signal?.aborted) abort();
  // One timer for the whole body: a timer for each piece would cost more than the piece.
  let idleSince = performance.now();
  // How long it has been waited for since it last had brought enough, and what has come since then.
  let waitedMs = 0;
  let broughtBytes = 0;
  const late = (problem: string): void =>
    expire(new ParasyncError("timeout", `Cannot go on: the ${sender} sent ${problem}`));
  const timer = setInterval(() => {
    // Below zero while a piece is being worked on.
    const idle = performance.now() - idleSince;
    if (idle >= idleMs) late(`nothing for ${idleMs} ms`);
    else if (waitedMs + Math.max(0, idle) >= stallMs) {
      late(`less than ${LEAST_BYTES} bytes in ${stallMs} ms`);
    }
  }, Math.min(idleMs, stallMs, 1000));
  try {
    for (;;) {
      idleSince = performance.now();
      const next = await reader.read();
      if (broken !== undefined) throw broken.reason;
      waitedMs += performance.now() - idleSince;
      // While the piece is being worked on it is not the peer that is idle.
      idleSince = Infinity;
      if (next.done) return;
      bytes += next.value.length;
      broughtBytes += next.value.length;
      if (broughtBytes >= LEAST_BYTES) waitedMs = broughtBytes = 0;
      onBytes?.(next.value.length);
      if (bytes > maxBytes) {
        throw new ParasyncError(
          "too_large",
          `Cannot take body: it has more than ${maxBytes} bytes`,
        );
      }
      yield next.value;
    }
  } catch (error) {
    if (error instanceof ParasyncError) throw error;
    throw new ParasyncError("stream", `Cannot go on: the connection to the ${sender} broke`, {
      cause: error,
    });
  } finally {
    signal?.removeEventListener("abort", abort);
    clearInterval(timer);
    reader.cancel().catch(() => {});
  }
}

/**
 * Reads a short body whole.
 *
 * @param body The body; null is empty.
 * @param limits What it may do.
 * @returns Its text.
 */
export async function readText(
  body: ReadableStream<Uint8Array> | null,
  limits: BodyLimits,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of readBody(body, limits)) text += decoder.decode(piece, { stream: true });
  return text + decoder.decode();
}
