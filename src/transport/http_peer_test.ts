/** How long a client waits for what the server says of its patch. */
// @ts-types="../types/std_assert.d.ts"
import { assertEquals, assertRejects } from "@std/assert";
import { ParasyncError } from "../errors.ts";
import { BYTES_TYPE, PROTOCOL_HEADER } from "./headers.ts";
import { HttpPeer } from "./http_peer.ts";

const KEY = "0123456789abcdef".repeat(2);
const HEADERS = { [PROTOCOL_HEADER]: "1" };

/** By then whatever was to happen would have happened; a test that comes to it fails. */
const NEVER_MS = 30_000;

/** How a server answers, beside what it answers to an acknowledgement. */
interface Script {
  readonly patch: () => Promise<Response>;
  readonly progress: () => Promise<Response>;
}

function progressOf(done: number): Response {
  return Response.json({ done, total: 1000 }, { headers: HEADERS });
}

/** A client with a session at a scripted server. */
async function withSession(
  script: Script,
  idleMs: number,
  use: (peer: HttpPeer) => Promise<void>,
): Promise<void> {
  const never = Promise.withResolvers<Response>();
  const closing = new AbortController();
  const where = { hostname: "127.0.0.1", port: 0, onListen: () => {}, signal: closing.signal };
  const server = Deno.serve(where, (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/ack") return new Response("ACK_RECV", { headers: HEADERS });
    if (pathname === "/patch") return script.patch();
    if (pathname === "/v1/progress") return script.progress();
    return never.promise;
  });
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error("it hangs")), NEVER_MS);
  const peer = new HttpPeer({
    base: `http://127.0.0.1:${server.addr.port}`,
    opens: "csums_queue",
    query: "",
    name: "a",
    confirm: "target",
    token: undefined,
    client: undefined,
    connectMs: idleMs,
    idleMs,
    measured: false,
    gathered: false,
    again: (ask) => ask(),
    signal: controller.signal,
  });
  try {
    await peer.acknowledge(KEY);
    await use(peer);
  } finally {
    clearTimeout(timer);
    const over = new Error("the test is over");
    controller.abort(over);
    peer.close(over);
    closing.abort();
    await server.finished;
  }
}

async function* body(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(10);
  await Promise.resolve();
}

Deno.test("a server that is getting on is waited for, however long it takes", async () => {
  const answer = Promise.withResolvers<Response>();
  let asked = 0;
  const script: Script = {
    patch: () => answer.promise,
    progress: () => {
      if (++asked === 4) answer.resolve(new Response("OK", { headers: HEADERS }));
      return Promise.resolve(progressOf(asked));
    },
  };
  await withSession(script, 200, async (peer) => {
    assertEquals((await peer.patch(KEY, body(), false)).committed, true);
  });
  assertEquals(asked >= 4, true);
});

Deno.test("a server that is not getting on is given up", async () => {
  const answer = Promise.withResolvers<Response>();
  const script: Script = {
    patch: () => answer.promise,
    progress: () => Promise.resolve(progressOf(500)),
  };
  await withSession(script, 1000, async (peer) => {
    // Once to know how far it is, and once to see that it is no further.
    const error = await assertRejects(() => peer.patch(KEY, body(), false), ParasyncError);
    assertEquals(error.code, "timeout", error.message);
    answer.resolve(new Response());
  });
});

Deno.test("a server that does not even say how far it is is given up, too", async () => {
  const nothing = Promise.withResolvers<Response>();
  const script: Script = { patch: () => nothing.promise, progress: () => nothing.promise };
  await withSession(script, 1000, async (peer) => {
    const error = await assertRejects(() => peer.patch(KEY, body(), false), ParasyncError);
    assertEquals([error.code, error.message], [
      "timeout",
      "Cannot go on: the server did not answer for 1000 ms",
    ]);
    const late = await assertRejects(() => peer.progress(), DOMException);
    assertEquals(late.name, "TimeoutError");
    nothing.resolve(new Response());
  });
});

Deno.test("an answer that comes while the server is asked how far it is is not broken off", async () => {
  const [asked, begun, told] = [0, 1, 2].map(() => Promise.withResolvers<void>());
  const segments = new Uint8Array(64);
  const script: Script = {
    patch: async () => {
      await asked!.promise;
      const content = new ReadableStream({
        async start(controller): Promise<void> {
          controller.enqueue(segments.subarray(0, 32));
          await told!.promise;
          controller.enqueue(segments.subarray(32));
          controller.close();
        },
      });
      return new Response(content, { headers: { ...HEADERS, "content-type": BYTES_TYPE } });
    },
    progress: async () => {
      asked!.resolve();
      await begun!.promise;
      return progressOf(0);
    },
  };
  const fetched = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    const response = await fetched(input, init);
    const { pathname } = new URL(String(input));
    if (pathname === "/patch") begun!.resolve();
    // What the client makes of it, it makes at once.
    if (pathname === "/v1/progress") setTimeout(() => told!.resolve(), 100);
    return response;
  };
  try {
    await withSession(script, 1000, async (peer) => {
      assertEquals((await peer.patch(KEY, body(), false)).segments, segments);
    });
  } finally {
    globalThis.fetch = fetched;
  }
});
