// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertMatch } from "@std/assert";
import { assertFailed, assertSucceeded } from "../outcome.ts";
import { Program, run } from "../program.ts";
import { Relay } from "../relay.ts";
import { equalBytes, someBytes, Workspace } from "../workspace.ts";
import { COMPILED_ONLY, executable } from "./executables.ts";

const OLD = someBytes(100_000, 1);
/** More than all the buffers between client and server hold. */
const NEW = someBytes(24 << 20, 2);
/** Where the line stops: well inside the patch. */
const MIDDLE = 2 << 20;

const ignore = COMPILED_ONLY !== "";
const SERVER = { executable: executable("parasync-server"), command: "" };
const CLIENT = { executable: executable("parasync-client") };

Deno.test({
  name: `a server that is killed in the middle of a push leaves the old file, and the next one ` +
    `takes the push at once${COMPILED_ONLY}`,
  ignore,
  async fn() {
    await using space = new Workspace();
    space.old("a", OLD);
    const file = space.new(NEW);
    const server = await space.serve([], SERVER);
    const relay = space.with(new Relay(server.port, { holdAfter: MIDDLE }));
    await using client = new Program([file, `${relay.url}/a`], CLIENT);
    await space.temporary();
    await relay.holding;
    server.program.kill("SIGKILL");
    await server.program.ended;
    relay.cut();
    const { code, stderr } = await client.ended;
    assert(code === 10 || code === 12, `${code}: ${stderr}`);
    assertMatch(stderr, /^parasync: Cannot [^\n]+\n$/);
    assert(equalBytes(space.read("a"), OLD));
    const next = await space.serve([], SERVER);
    assertSucceeded(await run([file, `${next.url}/a`], CLIENT));
    assert(equalBytes(space.read("a"), NEW));
  },
});

Deno.test({
  name: `SIGTERM lets a push at work end, then the server with 0${COMPILED_ONLY}`,
  ignore,
  async fn() {
    await using space = new Workspace();
    space.old("a", OLD);
    const server = await space.serve([], SERVER);
    const relay = space.with(new Relay(server.port, { holdAfter: MIDDLE }));
    await using client = new Program([space.new(NEW), `${relay.url}/a`], CLIENT);
    await space.temporary();
    await relay.holding;
    server.program.kill("SIGTERM");
    await server.program.says("stderr", /Stopping/);
    relay.release();
    assertSucceeded(await client.ended);
    assertEquals((await server.program.ended).code, 0, server.log);
    await space.untouched("a", NEW);
  },
});

Deno.test({
  name:
    `SIGTERM ends a client in the middle of its push with 20 and leaves nothing${COMPILED_ONLY}`,
  ignore,
  async fn() {
    await using space = new Workspace();
    space.old("a", OLD);
    const server = await space.serve([], SERVER);
    const relay = space.with(new Relay(server.port, { holdAfter: MIDDLE }));
    await using client = new Program([space.new(NEW), `${relay.url}/a`], CLIENT);
    await space.temporary();
    await relay.holding;
    client.kill("SIGTERM");
    assertFailed(await client.ended, 20, /interrupted by SIGTERM/);
    relay.cut();
    await space.untouched("a", OLD);
  },
});
