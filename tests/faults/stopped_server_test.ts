/** A server that neither answers nor goes: a machine that is suspended, a disk that does not come back. */
// @ts-types="../../src/types/std_assert.d.ts"
import { assertEquals, assertMatch } from "@std/assert";
import { assertSucceeded } from "../outcome.ts";
import { Program, run } from "../program.ts";
import { Relay } from "../relay.ts";
import { someBytes, Workspace } from "../workspace.ts";

const OLD = someBytes(200_000, 1);
const NEW = someBytes(24 << 20, 2);

for (const progress of ["off", "on"]) {
  Deno.test(`a push to a server that stands still ends when its time is up, with progress ${progress}`, async () => {
    await using space = new Workspace();
    space.old("a", OLD);
    const server = await space.serve();
    const relay = space.with(new Relay(server.port, { holdAfter: 2 << 20 }));
    const env = { PARASYNC_PROGRESS: progress };
    const push = ["push", space.new(NEW), `${relay.url}/a`, "--timeout=4s"];
    await using client = new Program(push, { env });
    // On a machine that is busy the time may be up before.
    await Promise.race([relay.holding, client.ended]);
    server.program.kill("SIGSTOP");
    relay.release();
    const { code, stderr } = await client.ended;
    assertEquals(code, 30, stderr);
    assertMatch(stderr, /parasync: Cannot finish: it takes longer than 4000 ms\n$/);
    server.program.kill("SIGCONT");
    await space.untouched("a", OLD);
    const other = space.new(someBytes(1000, 3), "other");
    assertSucceeded(await run(["push", other, `${server.url}/a`]));
  });
}
