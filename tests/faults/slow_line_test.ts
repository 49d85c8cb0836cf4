import { assertFailed, assertSucceeded } from "../outcome.ts";
import { Program } from "../program.ts";
import { Relay, type RelayOptions } from "../relay.ts";
import { sleep, someBytes, Workspace } from "../workspace.ts";

const OLD = someBytes(3_000_000, 1);
const NEW = someBytes(24 << 20, 2);

/** A line that stands still much longer than a server may take to answer at first. */
const STALLS: Record<string, RelayOptions> = {
  "while the server's answer is on its way": { holdAnswerAfter: 400 },
  "while the patch is on its way": { holdAfter: 4 << 20 },
};

for (const [name, options] of Object.entries(STALLS)) {
  Deno.test(`a line that stands still for a while ${name} does not break a push`, async () => {
    await using space = new Workspace();
    space.old("a", OLD);
    const server = await space.serve();
    const relay = space.with(new Relay(server.port, options));
    // With --hw=0 the server has nothing to say of missing libraries, and its session fits before the stall.
    const args = ["push", space.new(NEW), `${relay.url}/a`, "--connect-timeout=3s", "--hw=0"];
    await using client = new Program(args);
    await relay.holding;
    await sleep(4_500);
    relay.release();
    assertSucceeded(await client.ended);
    await space.untouched("a", NEW);
  });
}

Deno.test("a push over a line that stands still ends with 30 after --timeout", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve();
  const relay = space.with(new Relay(server.port, { holdAfter: 4 << 20 }));
  const args = ["push", space.new(NEW), `${relay.url}/a`, "--timeout=1500ms"];
  await using client = new Program(args);
  assertFailed(await client.ended, 30, /it takes longer than 1500 ms/);
  relay.cut();
  await space.untouched("a", OLD);
});

Deno.test("a server gives up on a client that stands still after --idle-timeout and says so", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve(["--idle-timeout=700ms"]);
  const relay = space.with(new Relay(server.port, { holdAfter: 4 << 20 }));
  await using client = new Program(["push", space.new(NEW), `${relay.url}/a`]);
  await relay.holding;
  await space.clean();
  await server.program.says("stderr", /timeout.*the client sent nothing for 700 ms/);
  relay.release();
  assertFailed(await client.ended, 30, /the client sent nothing for 700 ms/);
  await space.untouched("a", OLD);
});

Deno.test("a server gives up on a client that takes nothing of its answer, and its lock with it", async () => {
  await using space = new Workspace();
  // Half a million strong checksums are more than any socket holds.
  const large = someBytes(64 << 20, 3);
  space.old("a", large);
  const server = await space.serve(["--idle-timeout=1s"]);
  const relay = space.with(new Relay(server.port, { holdAnswerAfter: 100_000 }));
  const args = ["--chunk-size=64:128:256", "--confirm=chunk", "--connect-timeout=30s"];
  await using client = new Program(["push", space.new(large), `${relay.url}/a`, ...args]);
  await server.program.says("stderr", /timeout.*the client took nothing for 1000 ms/);
  relay.cut();
  await client.ended;
  await space.untouched("a", large);
});
