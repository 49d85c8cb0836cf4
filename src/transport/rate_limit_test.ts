// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertRejects } from "@std/assert";
import { RateLimit } from "./rate_limit.ts";

const RATE = 1_000_000;

/** What goes at once: 50 ms. */
const PIECE = RATE / 20;

async function* pieces(...lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  for (const length of lengths) yield await Promise.resolve(new Uint8Array(length));
}

Deno.test("in any stretch of time no more leaves than the rate allows, and a few pieces", async () => {
  const limit = new RateLimit(RATE);
  const left: { readonly at: number; readonly bytes: number }[] = [];
  const send = async (content: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const { length } of limit.limited(content, new AbortController().signal)) {
      left.push({ at: performance.now(), bytes: length });
    }
  };
  // Two requests share it, and a while in which nothing is sent is no reason to send more later.
  await Promise.all([send(pieces(150_000, 10)), send(pieces(20_000, 130_000))]);
  await new Promise((resolve) => setTimeout(resolve, 200));
  await send(pieces(300_000));
  assertEquals(left.reduce((sum, { bytes }) => sum + bytes, 0), 600_010);
  assert(left.every(({ bytes }) => bytes <= PIECE));
  for (const [first, { at }] of left.entries()) {
    let bytes = 0;
    for (const each of left.slice(first)) {
      bytes += each.bytes;
      const allowed = RATE * (each.at - at) / 1000 + 3 * PIECE;
      assert(bytes <= allowed, `${bytes} bytes within ${each.at - at} ms`);
    }
  }
});

Deno.test("a signal ends the wait for the next piece", async () => {
  const limit = new RateLimit(1024);
  const stop = new AbortController();
  const sent = limit.limited(pieces(1024, 100_000), stop.signal);
  await sent.next();
  const waiting = sent.next();
  stop.abort(new Error("that is enough"));
  await assertRejects(() => waiting, Error, "that is enough");
});
