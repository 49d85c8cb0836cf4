/** More syncs at once than may work. */
// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertMatch } from "@std/assert";
import { assertFailed, assertSucceeded } from "../outcome.ts";
import { assertProblem } from "../problem.ts";
import { run } from "../program.ts";
import { rawRequest } from "../raw_request.ts";
import { openFrames, openSession } from "../wire_session.ts";
import { equalBytes, eventually, someBytes, Workspace } from "../workspace.ts";

const HEAD =
  "POST /csums_queue?basis_filename=busy&target=replace HTTP/1.1\r\nHost: localhost\r\n" +
  "Content-Type: application/x-protobuf\r\nContent-Length: 1000000\r\n\r\n";

/** Holds a sync's place until it is disposed of. */
async function holdPlace(space: Workspace, port: number): Promise<Disposable> {
  space.old("busy", someBytes(1000, 9));
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(HEAD));
  await eventually("the sync has begun", () => space.artefacts().length > 0 || undefined);
  return { [Symbol.dispose]: () => connection.close() };
}

Deno.test("more pushes than may work at once wait for each other and all go through", async () => {
  await using space = new Workspace();
  const names = ["a", "b", "c", "d", "e"];
  for (const name of names) space.old(name, someBytes(200_000, 1));
  const server = await space.serve(["--max-concurrent=1", "--queue-timeout=30s"]);
  const file = space.new(someBytes(200_000, 2));
  const pushes = names.map((name) =>
    run(["push", file, `${server.url}/${name}`, "--retries=0", "--connect-timeout=35s"])
  );
  for (const outcome of await Promise.all(pushes)) assertSucceeded(outcome);
  for (const name of names) assert(equalBytes(space.read(name), someBytes(200_000, 2)), name);
});

Deno.test("a push that waits in vain ends with 22, and one whose turn comes goes through", async () => {
  await using space = new Workspace();
  space.old("a", someBytes(1000, 1));
  const server = await space.serve(["--max-concurrent=1", "--queue-timeout=1s"]);
  const push = ["push", space.new(someBytes(1000, 2)), `${server.url}/a`, "--retries=0"];
  {
    using _held = await holdPlace(space, server.port);
    assertFailed(await run(push), 22, /1 syncs are at work, and none ended within 1000 ms/);
  }
  await space.clean();
  assertSucceeded(await run(push));
});

Deno.test("a sync that does not go on loses its place", async () => {
  await using space = new Workspace();
  const old = someBytes(1000, 1);
  space.old("a", old);
  space.old("b", old);
  const server = await space.serve(["--max-concurrent=1", "--queue-timeout=60s"]);
  await openSession(server.url, "basis_filename=a&target=replace", openFrames(1000));
  const push = ["push", space.new(someBytes(1000, 2)), `${server.url}/b`, "--retries=0"];
  assertSucceeded(await run([...push, "--connect-timeout=60s"]));
});

Deno.test("what does not fit into the queue is answered at once, and told when to come again", async () => {
  await using space = new Workspace();
  space.old("a", someBytes(1000, 1));
  const server = await space.serve([
    "--max-concurrent=1",
    "--max-queue=0",
    "--queue-timeout=17s",
    "--trusted-proxy=127.0.0.1",
  ]);
  using _held = await holdPlace(space, server.port);
  const answer = await rawRequest(server.port, {
    method: "POST",
    target: "/csums_queue?basis_filename=a&target=replace",
  });
  assertMatch(assertProblem(answer, "busy"), /1 syncs are at work and 0 wait already/);
  assertEquals(answer.headers.get("retry-after"), "17");
});
