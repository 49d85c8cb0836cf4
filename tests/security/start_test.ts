/** A server starts as it was told to, or not at all. */
// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertMatch } from "@std/assert";
import { assertFailed, assertSucceeded } from "../outcome.ts";
import { run } from "../program.ts";
import { someBytes, Workspace } from "../workspace.ts";

Deno.test("the runtime's own variable moves no server and adds no address", async () => {
  await using space = new Workspace();
  space.old("a", someBytes(1000, 1));
  const other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = other.addr;
  other.close();
  for (const how of ["tcp:0.0.0.0", "duplicate,tcp:127.0.0.1"]) {
    const server = await space.serve([], { env: { DENO_SERVE_ADDRESS: `${how}:${port}` } });
    assert(server.port !== port);
    await server.program.says("stderr", /DENO_SERVE_ADDRESS is not heeded/);
    const refused = await Deno.connect({ hostname: "127.0.0.1", port }).then(
      (connection) => connection.close(),
      (error) => error,
    );
    assert(refused instanceof Deno.errors.ConnectionRefused, "it listens there too");
    assertSucceeded(await run(["push", space.new(someBytes(1000, 2)), `${server.url}/a`]));
  }
});

Deno.test("where that variable cannot be taken away, a server elsewhere than asked does not serve", async () => {
  await using space = new Workspace();
  const permissions = [
    "--no-prompt",
    "--allow-net",
    "--allow-read",
    "--allow-write",
    "--allow-sys",
  ];
  const env = { DENO_SERVE_ADDRESS: "tcp:0.0.0.0:0" };
  const outcome = await run(["serve", `--root=${space.root}`, "--port=0"], { permissions, env });
  assertEquals(outcome.code, 1, outcome.stderr);
  assertMatch(outcome.stderr, /the runtime listens elsewhere; unset DENO_SERVE_ADDRESS\n$/);
});

Deno.test("a server is set up by a file, and refuses to start by one that it does not understand", async () => {
  await using space = new Workspace();
  space.old("a", someBytes(1000, 1));
  const good = space.new(JSON.stringify({ "max-file-size": 2000, "log-format": "json" }), "good");
  const server = await space.serve([`--config=${good}`]);
  const push = ["push", space.new(someBytes(3000, 2)), `${server.url}/a`];
  assertFailed(await run(push), 22, /limit is 2000|more than 2000/);
  assertMatch(server.log, /^\{"time"/);
  const bad = space.new(JSON.stringify({ "max-fiel-size": 2000 }), "bad");
  assertFailed(
    await run(["serve", `--root=${space.root}`, "--port=0", `--config=${bad}`]),
    1,
    /bad: max-fiel-size: serve has no such flag; did you mean max-file-size/,
  );
});

Deno.test("a server whose token came out empty does not start, on loopback neither", async () => {
  await using space = new Workspace();
  const env = { PARASYNC_TOKEN: "" };
  const serve = ["serve", `--root=${space.root}`, "--port=0"];
  for (const flags of [[], ["--host=0.0.0.0"], ["--insecure-no-auth"]]) {
    assertFailed(await run([...serve, ...flags], { env }), 1, /PARASYNC_TOKEN: it is empty/);
  }
  // To a client it is none.
  space.old("a", someBytes(1000, 1));
  const server = await space.serve();
  assertSucceeded(await run(["push", space.new(someBytes(1000, 2)), `${server.url}/a`], { env }));
});

Deno.test("a variable that sets nothing is told of", async () => {
  await using space = new Workspace();
  const server = await space.serve([], { env: { PARASYNC_MAX_FIEL_SIZE: "1" } });
  await server.program.says(
    "stderr",
    /PARASYNC_MAX_FIEL_SIZE sets nothing.*PARASYNC_MAX_FILE_SIZE/,
  );
});
