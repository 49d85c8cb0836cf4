// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { isWritten } from "../hole.ts";
import { assertSummary } from "../outcome.ts";
import { Program, run } from "../program.ts";
import { Relay } from "../relay.ts";
import { equalBytes, eventually, someBytes, Workspace } from "../workspace.ts";

const SIZE = 100_000_000;

/** Where the line stops, in bytes, and how many of them are in the partial file when the client is killed. */
const CUT = 94_000_000;
const WRITTEN = 91_000_000;

/** Pieces that were on their way beside each other, heads of requests, and checksums of the new file. */
const CHANGE = 2_000_000;

const KEPT = { env: { PARASYNC_KEEP_PARTIAL: "on" } };

for (const [what, old] of [["in the place of another", 70_000_000], ["that was not there", 0]]) {
  Deno.test(`100 MB ${what}: a client killed after nine tenths sends no more than the rest when run again`, async () => {
    await using space = new Workspace();
    const content = someBytes(SIZE, 2);
    const file = space.new(content);
    if (Number(old) > 0) space.old("f", someBytes(Number(old), 1));
    const server = await space.serve([], KEPT);
    {
      await using relay = new Relay(server.port, { holdAfter: CUT });
      await using client = new Program(["push", file, `${relay.url}/f`]);
      await relay.holding;
      const part = await space.temporary();
      await eventually("what has passed is written", () => isWritten(part, WRITTEN) || undefined);
      client.kill("SIGKILL");
      assertEquals((await client.ended).signal, "SIGKILL");
    }
    await eventually("the lease is given up", () => {
      return !space.artefacts().some((name) => name.endsWith(".lease")) || undefined;
    });
    await using relay = new Relay(server.port);
    const summary = assertSummary(await run(["push", file, `${relay.url}/f`, "--json"]));
    assert(equalBytes(space.read("f"), content), "the target is another file");
    const { resumed_bytes: resumed } = summary;
    assert(relay.bytes < SIZE / 10 + CHANGE, `${relay.bytes} bytes passed, ${resumed} were there`);
    await space.clean();
  });
}
