// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { answerOf, assertProblem } from "../problem.ts";
import type { Server } from "../program.ts";
import {
  literalPatch,
  openFrames,
  openSession,
  post,
  problemOf,
  sendPatch,
} from "../wire_session.ts";
import { eventually, someBytes, Workspace } from "../workspace.ts";

const OLD = someBytes(50_000, 1);
const FRAMES = "application/x-protobuf";

/** A client that has opened a session and then says nothing more until it is told to end. */
class Idler implements AsyncDisposable {
  readonly answer: Promise<Response>;
  readonly #end: () => void;

  constructor(server: Server, name: string) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#end = resolve;
    const whole = openFrames(1000);
    const body = new ReadableStream({
      async start(controller): Promise<void> {
        // All but the last byte: there is more to come.
        controller.enqueue(whole.subarray(0, whole.length - 1));
        await promise;
        controller.close();
      },
    });
    this.answer = fetch(`${server.url}/csums_queue?file=${name}`, {
      method: "POST",
      headers: { "content-type": FRAMES },
      body,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end();
    const response = await this.answer.catch(() => undefined);
    await response?.body?.cancel().catch(() => {});
  }
}

async function beginIdler(space: Workspace, server: Server, name: string): Promise<Idler> {
  const idler = new Idler(server, name);
  await eventually(
    "its target is locked",
    () => space.artefacts().some((path) => path.endsWith(".lease")) || undefined,
  );
  return idler;
}

Deno.test("a target at work is locked for others with 409", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve();
  await using _idler = await beginIdler(space, server, "a");
  const other = await post(`${server.url}/csums_queue?file=a`, openFrames(10), FRAMES);
  assertProblem(await answerOf(other), "locked");
});

Deno.test("a server with its hands full answers 429 and when to come again", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  space.old("b", OLD);
  const server = await space.serve(["--max-concurrent=1"]);
  {
    await using _idler = await beginIdler(space, server, "a");
    const answer = await answerOf(
      await post(`${server.url}/csums_queue?file=b`, openFrames(10), FRAMES),
    );
    assertProblem(answer, "busy");
    assertEquals(answer.headers.get("retry-after"), "1");
  }
  await space.clean();
  const { status } = await openSession(server.url, "file=b", openFrames(10));
  assertEquals(status, 200);
});

Deno.test("a client that says nothing for --idle-timeout is told so and locks nothing any more", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve(["--idle-timeout=300ms"]);
  await using idler = await beginIdler(space, server, "a");
  const text = await (await idler.answer).text();
  assert(text.includes("timeout") && text.includes("the client sent nothing for 300 ms"), text);
  await space.clean();
  assertEquals((await openSession(server.url, "file=a", openFrames(10))).status, 200);
});

Deno.test("a body above --max-body is refused with 413", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const content = someBytes(300_000);
  const server = await space.serve(["--max-body=100000"]);
  const { key } = await openSession(server.url, "file=a", openFrames(content.length));
  const patch = await literalPatch(OLD.length, content);
  assertProblem(await answerOf(await sendPatch(server.url, "a", key, patch)), "too_large");
  await space.untouched("a", OLD);
});

Deno.test("a new file above --max-file-size is refused before anything of it is sent", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve(["--max-file-size=60000"]);
  assertEquals(problemOf(await openSession(server.url, "file=a", openFrames(60_001))), "too_large");
  assertEquals((await openSession(server.url, "file=a", openFrames(60_000))).status, 200);
});
