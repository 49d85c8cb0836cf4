// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertRejects } from "@std/assert";
import { ParasyncError } from "../errors.ts";
import { type BodyLimits, LEAST_BYTES, readBody, readText } from "./body.ts";

const LIMITS: BodyLimits = { maxBytes: 100, idleMs: 10_000, sender: "client" };

/** A body that ends, breaks or stands still after its pieces, and knows whether it was given up. */
function bodyOf(
  pieces: readonly (string | Uint8Array)[],
  then: "end" | "break" | "stand still" = "end",
): { stream: ReadableStream<Uint8Array>; cancelled: () => boolean } {
  const left = [...pieces];
  let cancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      await Promise.resolve();
      const piece = left.shift();
      if (piece !== undefined) {
        controller.enqueue(typeof piece === "string" ? new TextEncoder().encode(piece) : piece);
      } else if (then === "end") controller.close();
      else if (then === "break") controller.error(new TypeError("connection reset"));
      else await new Promise(() => {});
    },
    cancel: () => {
      cancelled = true;
    },
  }, { highWaterMark: 0 });
  return { stream, cancelled: () => cancelled };
}

async function lengths(
  stream: ReadableStream<Uint8Array> | null,
  limits: BodyLimits,
): Promise<number[]> {
  const found: number[] = [];
  for await (const piece of readBody(stream, limits)) found.push(piece.length);
  return found;
}

/**
 * Hands the body of a real request to `take`; its head and `text` come from a raw socket that then stands still
 * until `take` is done.
 */
async function stalled(
  text: string,
  take: (body: ReadableStream<Uint8Array>) => Promise<void>,
): Promise<void> {
  let taken: Promise<void> | undefined;
  const done = Promise.withResolvers<void>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async ({ body }) => {
      taken = take(body!);
      await taken.catch(() => {});
      done.resolve();
      return new Response();
    },
  );
  const socket = await Deno.connect({ hostname: "127.0.0.1", port: server.addr.port });
  const head = "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\n\r\n";
  await socket.write(new TextEncoder().encode(head + text));
  await done.promise;
  socket.close();
  await server.shutdown();
  await taken;
}

async function refused(code: string, work: () => Promise<unknown>): Promise<void> {
  const error = await assertRejects(work, ParasyncError);
  assertEquals(error.code, code, error.message);
}

Deno.test("pieces come as they are, up to the limit exactly", async () => {
  assertEquals(await lengths(bodyOf(["a", "bc", ""]).stream, LIMITS), [1, 2, 0]);
  assertEquals(await lengths(bodyOf([new Uint8Array(100)]).stream, LIMITS), [100]);
  assertEquals(await lengths(null, LIMITS), []);
});

Deno.test("a body that is too long is given up, however it is cut", async () => {
  for (const pieces of [[101], [60, 41], Array(101).fill(1)]) {
    const { stream, cancelled } = bodyOf(
      pieces.map((bytes) => new Uint8Array(bytes)),
      "stand still",
    );
    const error = await assertRejects(() => lengths(stream, LIMITS), ParasyncError, "100 bytes");
    assertEquals([error.code, cancelled()], ["too_large", true]);
  }
});

Deno.test("a body that stands still is given up and its sender named", async () => {
  const { stream, cancelled } = bodyOf(["some"], "stand still");
  const error = await assertRejects(
    () => lengths(stream, { ...LIMITS, idleMs: 30, sender: "server" }),
    ParasyncError,
    "the server sent nothing",
  );
  assertEquals([error.code, cancelled()], ["timeout", true]);
});

Deno.test("while a piece is being worked on its sender is not idle", async () => {
  const { stream } = bodyOf(["a", "b", "c"]);
  let pieces = 0;
  for await (const _piece of readBody(stream, { ...LIMITS, idleMs: 20 })) {
    pieces++;
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  assertEquals(pieces, 3);
});

Deno.test("a connection that breaks is a stream error with its cause", async () => {
  const error = await assertRejects(
    () => lengths(bodyOf(["some"], "break").stream, LIMITS),
    ParasyncError,
    "the connection to the client broke",
  );
  assertEquals(error.code, "stream");
  assert(error.cause instanceof TypeError);
});

Deno.test("a body that is not read to its end is given up", async () => {
  const { stream, cancelled } = bodyOf(["a", "b"], "stand still");
  for await (const _piece of readBody(stream, LIMITS)) break;
  await Promise.resolve();
  assert(cancelled());
});

Deno.test("a signal breaks reading off with its reason, before it begins or while it waits", async () => {
  const reason = new ParasyncError("interrupted", "Cannot go on: the session is over");
  for (const delay of [0, 20]) {
    const stop = new AbortController();
    if (delay === 0) stop.abort(reason);
    else setTimeout(() => stop.abort(reason), delay);
    const { stream, cancelled } = bodyOf([], "stand still");
    const error = await assertRejects(() => lengths(stream, { ...LIMITS, signal: stop.signal }));
    assertEquals([error, cancelled()], [reason, true]);
  }
});

Deno.test("text is decoded across the edges of pieces", async () => {
  const bytes = new TextEncoder().encode("Übergröße 𝄞");
  for (let size = 1; size < 6; size++) {
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.slice(at, at + size));
    assertEquals(await readText(bodyOf(pieces).stream, LIMITS), "Übergröße 𝄞");
  }
  assertEquals(await readText(null, LIMITS), "");
  assertEquals(
    await readText(bodyOf([Uint8Array.of(0x61, 0xff, 0xc3)]).stream, LIMITS),
    "a\ufffd\ufffd",
  );
});

Deno.test("a request that stands still is given up after the idle time", async () => {
  await stalled(
    "some",
    (body) => refused("timeout", () => lengths(body, { ...LIMITS, idleMs: 100 })),
  );
});

Deno.test("a request that stands still is broken off with the signal's reason", async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(new ParasyncError("interrupted", "Cannot go on: stop")), 50);
  await stalled(
    "some",
    (body) => refused("interrupted", () => lengths(body, { ...LIMITS, signal: controller.signal })),
  );
  // And one that was broken off before it began.
  await stalled(
    "",
    (body) => refused("interrupted", () => lengths(body, { ...LIMITS, signal: controller.signal })),
  );
});

Deno.test("a body that brings too little for too long is given up, though it never stands still", async () => {
  let sent = 0;
  let turn = Promise.resolve();
  const drip = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      turn = new Promise((resolve) => setTimeout(resolve, 5));
      await turn;
      if (sent++ < 10_000) controller.enqueue(new Uint8Array(1));
    },
  }, { highWaterMark: 0 });
  await refused("timeout", () => lengths(drip, { ...LIMITS, maxBytes: 1000, stallMs: 100 }));
  await turn;
});

Deno.test("a body that brings enough each time may take as long as it likes in all", async () => {
  let left = 60;
  const slow = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      await new Promise((resolve) => setTimeout(resolve, 40));
      if (left-- > 0) controller.enqueue(new Uint8Array(LEAST_BYTES));
      else controller.close();
    },
  }, { highWaterMark: 0 });
  const found = await lengths(slow, { ...LIMITS, maxBytes: 100_000, stallMs: 2000 });
  assertEquals(found.length, 60);
});
