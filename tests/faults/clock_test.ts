// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { CLOCK_ONLY, MovedClock } from "../moved_clock.ts";
import { assertSummary } from "../outcome.ts";
import { Program, run } from "../program.ts";
import { Relay } from "../relay.ts";
import { equalBytes, someBytes, Workspace } from "../workspace.ts";

const MIB = 1 << 20;
const HOUR = 3_600_000;
const OLD = someBytes(2 * MIB, 1);
const NEW = someBytes(24 * MIB, 2);
const OTHER = someBytes(MIB, 3);

/** By more than what is interrupted is kept for, and by more than a session's files are. */
for (const jump of ["+400d", "-400d", "+70m", "-70m"]) {
  Deno.test({
    name: `a server's clock that jumps by ${jump} in a push takes nothing from it${CLOCK_ONLY}`,
    ignore: CLOCK_ONLY !== "",
    async fn() {
      await using space = new Workspace();
      const clock = new MovedClock(join(space.path, "clock"), "+0");
      space.old("f", OLD);
      space.old("g", OLD);
      const server = await space.serve([], clock.options);
      const relay = space.with(new Relay(server.port, { holdAfter: 12 * MIB }));
      await using client = new Program(["push", space.new(NEW), `${relay.url}/f`, "--json"]);
      await relay.holding;
      const part = await space.temporary();
      clock.put(jump);
      // A server that starts sweeps, and so does another push to the folder.
      const second = await space.serve([], clock.options);
      const other = space.new(OTHER, "other");
      for (const { url } of [server, second]) {
        assertSummary(await run(["push", other, `${url}/g`, "--json"]));
        assert(equalBytes(space.read("g"), OTHER), "the other target is another file");
        assertEquals((await run(["push", other, `${url}/f`])).code, 5, "the lock is gone");
      }
      assert(space.artefacts().some((name) => part.endsWith(name)), "the temporary is gone");
      relay.release();
      assertSummary(await client.ended);
      assert(equalBytes(space.read("f"), NEW), "the target is another file");
      await space.clean();
      // The log goes by the clock, which shows that it was another one.
      const off = Math.abs(Date.parse(second.log.slice(0, 24)) - Date.now());
      assert(off > HOUR, second.log);
    },
  });
}
