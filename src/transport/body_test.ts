// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertRejects } from "@std/assert";
import { ParasyncError } from "../errors.ts";
import { type BodyLimits, readBody, readText } from "./body.ts";

const LIMITS: BodyLimits = { maxBytes: 1 << 20, idleMs: 60_000, sender: "client" };

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

async function drain(body: ReadableStream<Uint8Array>, limits: BodyLimits): Promise<void> {
  for await (const _ of readBody(body, limits));
}

async function refused(code: string, work: () => Promise<void>): Promise<void> {
  const error = await assertRejects(work, ParasyncError);
  assertEquals(error.code, code, error.message);
}

Deno.test("a body that stands still is given up after the idle time", async () => {
  await stalled(
    "some",
    (body) => refused("timeout", () => drain(body, { ...LIMITS, idleMs: 100 })),
  );
});

Deno.test("a body that stands still is broken off with the signal's reason", async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(new ParasyncError("interrupted", "Cannot go on: stop")), 50);
  await stalled(
    "some",
    (body) => refused("interrupted", () => drain(body, { ...LIMITS, signal: controller.signal })),
  );
  // And one that was broken off before it began.
  await stalled(
    "",
    (body) => refused("interrupted", () => drain(body, { ...LIMITS, signal: controller.signal })),
  );
});

Deno.test("time that the taker needs is not the sender's idleness", async () => {
  const slow = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(new Uint8Array(10));
      controller.close();
    },
  });
  let bytes = 0;
  for await (const piece of readBody(slow, { ...LIMITS, idleMs: 20 })) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    bytes += piece.length;
  }
  assertEquals(bytes, 10);
});

Deno.test("a body may have its limit and not a byte more", async () => {
  const body = (size: number) => new Response("x".repeat(size)).body;
  assertEquals((await readText(body(100), { ...LIMITS, maxBytes: 100 })).length, 100);
  await refused("too_large", async () => {
    await readText(body(101), { ...LIMITS, maxBytes: 100 });
  });
  assertEquals(await readText(null, LIMITS), "");
});

Deno.test("a taker that stops reading lets the sender know", async () => {
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(1)),
    cancel: () => {
      cancelled = true;
    },
  });
  for await (const _ of readBody(body, LIMITS)) break;
  assert(cancelled);
});
