/** Servers that die behind a real proxy, which collects bodies before it passes them on. */
// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { Nginx, NGINX_MISSING } from "../nginx.ts";
import { Program, type Server } from "../program.ts";
import { Relay } from "../relay.ts";
import { equalBytes, someBytes, Workspace } from "../workspace.ts";

const MIB = 1 << 20;
const OLD = someBytes(4 * MIB, 1);
const NEW = someBytes(24 * MIB, 2);

/** How much of a push a server has when it dies: bytes that passed between it and the proxy. */
const PLACES: Record<string, number> = {
  "in the middle of what the proxy passes on to it": 12 * MIB,
  "when it has the keys and little more": 40_000,
};

for (const [place, holdAfter] of Object.entries(PLACES)) {
  Deno.test({
    name:
      `a push through a proxy that buffers goes on at the other server when one is killed ${place}${NGINX_MISSING}`,
    ignore: NGINX_MISSING !== "",
    async fn() {
      await using space = new Workspace();
      space.old("a", OLD);
      const lines: { server: Server; relay: Relay }[] = [];
      for (let made = 0; made < 2; made++) {
        const server = await space.serve(["--prefix=/sync", "--keep-partial=on"]);
        lines.push({ server, relay: space.with(new Relay(server.port, { holdAfter })) });
      }
      const nginx = space.with(
        await Nginx.start(
          join(space.path, "nginx"),
          lines.map(({ relay }) => relay.port),
          (site) => site.replaceAll("_buffering off", "_buffering on"),
        ),
      );
      const client = space.with(
        new Program(
          ["push", space.new(NEW), `${nginx.url}/sync/a`, "--prefix=/sync", "--json"],
          { env: { DENO_CERT: nginx.authority, PARASYNC_RETRIES: "9" } },
        ),
      );
      const [dead, other] = await Promise.race([
        lines[0]!.relay.holding.then(() => lines),
        lines[1]!.relay.holding.then(() => lines.toReversed()),
      ]);
      dead!.server.program.kill("SIGKILL");
      await dead!.server.program.ended;
      assert(equalBytes(space.read("a"), OLD), "the old file is gone too early");
      other!.relay.release();
      // Nothing listens there any more, as when a process is gone.
      await dead!.relay[Symbol.asyncDispose]();
      const { code, stdout, stderr } = await client.ended;
      assertEquals(code, 0, stderr);
      assertMatch(stderr, /trying again in/);
      assertEquals(JSON.parse(stdout).verified, true);
      assert(equalBytes(space.read("a"), NEW), "the target is another file");
      assertMatch(other!.server.log, /Patch applied and new file saved to/);
      // The record of the dead server's session goes by age, which is nothing here.
      await space.serve(["--session-ttl=1ms"]);
      await space.clean();
    },
  });
}
