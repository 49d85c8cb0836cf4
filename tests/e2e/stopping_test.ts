// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import { assertFailed, assertSucceeded } from "../outcome.ts";
import { Program, run } from "../program.ts";
import { Relay } from "../relay.ts";
import { equalBytes, someBytes, Workspace } from "../workspace.ts";

const OLD = someBytes(100_000, 1);
/** More than all the buffers between client and server hold. */
const NEW = someBytes(24 << 20, 2);
/** Where the line stops: well inside the patch. */
const MIDDLE = 2 << 20;

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`${signal} ends an idle server with 0 at once, even with a connection open`, async () => {
    await using space = new Workspace();
    space.old("a", OLD);
    const server = await space.serve();
    assertSucceeded(await run(["push", space.new(OLD), `${server.url}/a`]));
    const idle = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    await idle.write(new TextEncoder().encode("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    await idle.read(new Uint8Array(1000));
    const half = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    await half.write(new TextEncoder().encode("POST /patch HTTP/1.1\r\nHost: loc"));
    const begin = performance.now();
    server.program.kill(signal);
    const { code, stderr } = await server.program.ended;
    idle.close();
    half.close();
    assertEquals(code, 0, stderr);
    assertLess(performance.now() - begin, 5_000);
    assertMatch(stderr, /Stopping/);
    await assertRefused(server.port);
  });

  Deno.test(`${signal} lets a push at work end before the server does`, async () => {
    await using space = new Workspace();
    space.old("a", OLD);
    const server = await space.serve();
    const relay = space.with(new Relay(server.port, { holdAfter: MIDDLE }));
    await using client = new Program(["push", space.new(NEW), `${relay.url}/a`]);
    await space.temporary();
    await relay.holding;
    server.program.kill(signal);
    await server.program.says("stderr", /Stopping/);
    relay.release();
    assertSucceeded(await client.ended);
    assertEquals((await server.program.ended).code, 0);
    await space.untouched("a", NEW);
  });
}

Deno.test("a second SIGTERM ends a server at once; the next one's start removes what it left", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve(["--session-ttl=100ms"]);
  const relay = space.with(new Relay(server.port, { holdAfter: MIDDLE }));
  await using client = new Program(["push", space.new(NEW), `${relay.url}/a`]);
  await space.temporary();
  server.program.kill("SIGTERM");
  await server.program.says("stderr", /Stopping/);
  // One that follows at once is taken for an echo of the first.
  await new Promise((resolve) => setTimeout(resolve, 1200));
  server.program.kill("SIGTERM");
  assertEquals((await server.program.ended).signal, "SIGTERM");
  relay.cut();
  assertEquals((await client.ended).code !== 0, true);
  assert(equalBytes(space.read("a"), OLD));
  await new Promise((resolve) => setTimeout(resolve, 300));
  await space.serve(["--session-ttl=100ms"]);
  await space.untouched("a", OLD);
});

Deno.test("SIGTERM breaks a push off that stands still, ends with 0 and leaves nothing", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve();
  const relay = space.with(new Relay(server.port, { holdAfter: MIDDLE }));
  const args = ["push", space.new(NEW), `${relay.url}/a`, "--progress=off"];
  await using client = new Program(args);
  await space.temporary();
  server.program.kill("SIGTERM");
  assertFailed(await client.ended, 20, /the server is stopping/);
  assertEquals((await server.program.ended).code, 0, server.log);
  await space.untouched("a", OLD);
});

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  Deno.test(`${signal} ends a client in the middle of its push with 20 and leaves nothing`, async () => {
    await using space = new Workspace();
    space.old("a", OLD);
    const server = await space.serve();
    const relay = space.with(new Relay(server.port, { holdAfter: MIDDLE }));
    await using client = new Program(["push", space.new(NEW), `${relay.url}/a`]);
    await space.temporary();
    await relay.holding;
    client.kill(signal);
    assertFailed(await client.ended, 20, new RegExp(`interrupted by ${signal}`));
    relay.cut();
    await space.untouched("a", OLD);
  });
}

Deno.test("SIGINT ends local in its middle with 20, without output or scratch files", async () => {
  await using space = new Workspace();
  const huge = join(space.path, "huge");
  // All holes: it costs no disk, and more time than the signal needs.
  fs.writeFileSync(huge, "");
  fs.truncateSync(huge, 16 * 2 ** 30);
  const scratch = join(space.path, "tmp");
  fs.mkdirSync(scratch);
  const args = ["local", space.old("a", OLD), huge, "--threads=1"];
  await using client = new Program(args, { env: { TMPDIR: scratch } });
  while (fs.readdirSync(scratch).length === 0) await new Promise((go) => setTimeout(go, 10));
  client.kill("SIGINT");
  assertFailed(await client.ended, 20, /interrupted by SIGINT/);
  assertEquals(fs.readdirSync(scratch), []);
});

Deno.test("a server says that its port is in use, that its root is missing or no folder", async () => {
  await using space = new Workspace();
  const server = await space.serve();
  const flags = [`--root=${space.root}`, `--port=${server.port}`];
  assertFailed(await run(["serve", ...flags]), 10, new RegExp(`${server.port}: .*in use`));
  const gone = join(space.path, "gone");
  assertFailed(await run(["serve", `--root=${gone}`, "--port=0"]), 3, /gone: it does not exist/);
  const file = space.new("x");
  assertFailed(await run(["serve", `--root=${file}`, "--port=0"]), 3, /new: it is not a folder/);
});

async function assertRefused(port: number): Promise<void> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
  } catch (error) {
    assert(error instanceof Deno.errors.ConnectionRefused);
    return;
  }
  throw new Error("it still listens");
}
