// @ts-types="../../src/types/std_assert.d.ts"
import { assertEquals } from "@std/assert";
import { assertFailed, assertSucceeded } from "../outcome.ts";
import { run } from "../program.ts";
import { concat, someBytes, Workspace } from "../workspace.ts";

const OLD = someBytes(300_000, 1);
const NEW = concat(OLD, someBytes(100_000, 2));

/** All that any command but `compare` needs. */
const KINDS = ["net", "read", "write", "env", "sys", "ffi"] as const;

/** The runtime's flags for all of them but one. */
function without(kind: typeof KINDS[number]): { readonly permissions: readonly string[] } {
  const allowed = KINDS.filter((each) => each !== kind).map((each) => `--allow-${each}`);
  return { permissions: ["--no-prompt", ...allowed] };
}

Deno.test("a client without leave for the network or the new file says so in a line", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve();
  const args = ["push", space.new(NEW), `${server.url}/a`];
  assertFailed(await run(args, without("net")), 10, /Cannot reach .*net access/);
  assertFailed(await run(args, without("read")), 11, /new: .*without the permission/);
  await space.untouched("a", OLD);
});

Deno.test("a client goes on without leave to write, for the environment or the system", async () => {
  await using space = new Workspace();
  const server = await space.serve();
  const args = ["push", space.new(NEW), `${server.url}/a`, "--progress=off"];
  for (const kind of ["write", "env", "sys"] as const) {
    space.old("a", OLD);
    assertSucceeded(await run(args, without(kind)));
    await space.untouched("a", NEW);
  }
});

Deno.test("a server without leave for the network or its root says so in a line", async () => {
  await using space = new Workspace();
  const args = ["serve", `--root=${space.root}`, "--port=0"];
  assertFailed(await run(args, without("net")), 10, /Cannot listen on .*net access/);
  assertFailed(await run(args, without("read")), 11, /root: .*without the permission/);
});

Deno.test("a server without leave to write refuses the sync and goes on", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve([], without("write"));
  const outcome = await run(["push", space.new(NEW), `${server.url}/a`]);
  assertFailed(outcome, 11, /Cannot sync a: .*without the permission/);
  await space.untouched("a", OLD);
  server.program.kill("SIGTERM");
  assertEquals((await server.program.ended).code, 0);
});

Deno.test("without leave to load libraries --hw=require fails and --hw=auto does not", async () => {
  await using space = new Workspace();
  const args = ["local", space.old("a", OLD), space.new(NEW)];
  const required = await run([...args, "--hw=require"], without("ffi"));
  assertFailed(required, 1, /may not load libraries, run it with --allow-ffi/);
  assertSucceeded(await run([...args, "--hw=auto"], without("ffi")));
});
