// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertMatch } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import { FAILPOINTS } from "../../src/files/failpoint.ts";
import { halted } from "../halted.ts";
import { assertSummary } from "../outcome.ts";
import { Program, run } from "../program.ts";
import { equalBytes, someBytes, Workspace } from "../workspace.ts";

const OLD = someBytes(9 << 20, 1);
const NEW = someBytes(9 << 20, 2);

/** From here on the new file has the name. */
const RENAMED = FAILPOINTS.indexOf("after-rename");

for (const [place, failpoint] of FAILPOINTS.entries()) {
  for (const replaces of [true, false]) {
    const what = replaces ? "the old file or the new one" : "no file or the new one";
    Deno.test(`a server killed ${failpoint} leaves ${what}, whole, and the next push works`, async () => {
      await using space = new Workspace();
      if (replaces) space.old("f", OLD);
      const file = space.new(NEW);
      const server = await space.serve(["--fsync=on"], {
        env: { PARASYNC_FAILPOINT: failpoint, PARASYNC_KEEP_PARTIAL: "on" },
      });
      const broken = await run(["push", file, `${server.url}/f`]);
      assertEquals((await server.program.ended).signal, "SIGKILL");
      assert(broken.code !== 0, broken.stdout);
      assertMatch(broken.stderr, /^parasync: Cannot [^\n]+\n$/);
      if (place >= RENAMED) assert(equalBytes(space.read("f"), NEW), "the new file is not whole");
      else if (replaces) assert(equalBytes(space.read("f"), OLD), "the old file is not whole");
      else assertEquals(fs.existsSync(join(space.root, "f")), false);

      const next = await space.serve(["--fsync=on"], {
        env: { PARASYNC_KEEP_PARTIAL: "on" },
      });
      const summary = assertSummary(await run(["push", file, `${next.url}/f`, "--json"]));
      assert(equalBytes(space.read("f"), NEW), "the new file is another one");
      if (place < RENAMED && failpoint !== "after-temp") {
        assertEquals(summary.literal_bytes, 0, "what was there was sent again");
      }
      // What is left is swept by age, which is nothing here.
      const sweeper = await space.serve(["--session-ttl=1ms"]);
      await space.clean();
      assertEquals(sweeper.program.over, false);
    });
  }
}

Deno.test("an error of the system at each place of a commit leaves the old file and nothing else", async () => {
  for (const failpoint of FAILPOINTS.slice(0, RENAMED)) {
    await using space = new Workspace();
    space.old("f", OLD);
    const server = await space.serve([], { env: { PARASYNC_FAILPOINT: `${failpoint}=ENOSPC` } });
    const broken = await run(["push", space.new(NEW), `${server.url}/f`]);
    assertEquals(broken.code, 11, `${failpoint}: ${broken.stderr}`);
    assertMatch(broken.stderr, /^parasync: Cannot [^\n]+: no space left on its file system\n$/);
    await space.untouched("f", OLD);
  }
});

/** Why tests that look at system calls are skipped; empty where they run. */
const STRACE_ONLY = canTrace() ? "" : " [skipped: needs strace and leave to trace]";

Deno.test({
  name: `content is synced before the rename and the folder after it, both before OK${STRACE_ONLY}`,
  ignore: STRACE_ONLY !== "",
  async fn() {
    await using space = new Workspace();
    space.old("f", OLD);
    const trace = join(space.path, "trace");
    const calls = "trace=fsync,fdatasync,rename,renameat,renameat2,sendto,sendmsg,write,writev";
    const server = await space.serve(["--fsync=on"], {
      within: ["strace", "-D", "-f", "-y", "-s", "400", "-o", trace, "-e", calls],
    });
    assertSummary(await run(["push", space.new(NEW), `${server.url}/f`, "--json"]));
    server.program.kill("SIGTERM");
    await server.program.ended;
    const lines = fs.readFileSync(trace, "utf8").split("\n");
    const order = [
      /fsync\(\d+<[^>]*\/\.parasync-[0-9a-f]{32}\.part>\)/,
      /rename\w*\(.*\/\.parasync-[0-9a-f]{32}\.part", .*\/root\/f"/,
      /fsync\(\d+<[^>]*\/root>\)/,
      /HTTP\/1\.1 200 OK.*server-timing.*/i,
    ];
    let at = -1;
    for (const [i, pattern] of order.entries()) {
      const found = lines.findIndex((line, place) => place > at && pattern.test(line));
      assert(found > at, `call ${i} (${pattern}) does not follow the one before it`);
      at = found;
    }
  },
});

function canTrace(): boolean {
  if (Deno.build.os !== "linux") return false;
  try {
    return new Deno.Command("strace", { args: ["-o", "/dev/null", "true"] }).outputSync().success;
  } catch {
    return false;
  }
}

Deno.test("a commit that is halted and goes on is whole", async () => {
  await using space = new Workspace();
  space.old("f", OLD);
  const server = await space.serve([], { env: { PARASYNC_FAILPOINT: "before-rename=stop" } });
  await using client = new Program(["push", space.new(NEW), `${server.url}/f`, "--json"]);
  await halted(server.program.pid);
  assert(equalBytes(space.read("f"), OLD), "the old file is gone too early");
  server.program.kill("SIGCONT");
  assertSummary(await client.ended);
  assert(equalBytes(space.read("f"), NEW), "the new file is another one");
});
