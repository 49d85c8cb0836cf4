/** How long a client may send nothing before an answer to it ends, in ms. */
const QUIET_MS = 50;

/** How long, and how many bytes, a client may go on sending after it was answered. */
const MOST_MS = 1000;
const MOST_BYTES = 16 << 20;

/**
 * An answer that is sent at once, and ends when the client has stopped sending the body that is not wanted,
 * or has been given the time to.
 *
 * A connection that is closed with bytes unread is reset, and a reset takes away an answer that the client
 * has not read yet (RFC 9112, §9.6): it would learn nothing but that the connection broke.
 *
 * @param text The whole answer.
 * @param body The request's body; nobody else reads it.
 * @returns The answer's body.
 */
export function lingering(
  text: string,
  body: ReadableStream<Uint8Array>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    async start(controller): Promise<void> {
      controller.enqueue(new TextEncoder().encode(text));
      await discard(body);
      controller.close();
    },
  });
}

async function discard(body: ReadableStream<Uint8Array>): Promise<void> {
  const reader = body.getReader();
  const until = performance.now() + MOST_MS;
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    for (let bytes = 0; bytes < MOST_BYTES && performance.now() < until;) {
      clearTimeout(timer);
      timer = setTimeout(() => void reader.cancel().catch(() => {}), QUIET_MS);
      const { done, value } = await reader.read();
      if (done) return;
      bytes += value.length;
    }
  } catch {
    // A client that is gone needs no answer.
  } finally {
    clearTimeout(timer);
    reader.cancel().catch(() => {});
  }
}
