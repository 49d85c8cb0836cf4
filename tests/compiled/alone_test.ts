// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertMatch } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openBackend } from "../../src/hashing/select.ts";
import { assertSucceeded, assertSummary } from "../outcome.ts";
import { run, Server } from "../program.ts";
import { concat, someBytes, Workspace } from "../workspace.ts";
import { COMPILED_ONLY, copyExecutable, executable } from "./executables.ts";
import { READ_ONLY_ONLY, readOnlyBut } from "./read_only.ts";

/** Several segments, so that several threads have work. */
const OLD = someBytes(5_000_000, 1);
const NEW = concat(OLD.subarray(0, 2_000_000), someBytes(90_000, 2), OLD.subarray(2_000_000));

const { backend } = await openBackend("auto");
const WANTED = READ_ONLY_ONLY.replace("skipped", "writable file system");

for (const hw of ["0", "1"]) {
  Deno.test({
    name:
      `alone in a folder, without Deno or HOME and where nothing but the root can be written, ` +
      `server and client sync with --hw=${hw}${COMPILED_ONLY || WANTED}`,
    ignore: COMPILED_ONLY !== "",
    async fn() {
      await using space = new Workspace();
      space.old("a", OLD);
      const [here, there] = [join(space.path, "here"), join(space.path, "there")];
      const server = space.with(
        await Server.start(space.root, [`--hw=${hw}`, "--threads=2"], {
          executable: copyExecutable("parasync-server", there),
          command: "",
          cwd: there,
          within: READ_ONLY_ONLY === "" ? readOnlyBut(space.root) : [],
        }),
      );
      const file = space.new(NEW);
      const flags = [`--hw=${hw}`, "--threads=2", "--json"];
      const summary = assertSummary(
        await run([file, `${server.url}/a`, ...flags], {
          executable: copyExecutable("parasync-client", here),
          cwd: here,
          within: READ_ONLY_ONLY === "" ? readOnlyBut() : [],
        }),
      );
      const worked = hw === "0" ? "portable" : backend.name;
      assertEquals([summary.hw_client, summary.hw_server], [worked, worked]);
      assert((summary.copied_bytes as number) > OLD.length * 0.99, "most is there already");
      await space.untouched("a", NEW);
      assertEquals([here, there].map((each) => fs.readdirSync(each)), [
        ["parasync-client"],
        ["parasync-server"],
      ]);
    },
  });
}

Deno.test({
  name: `an executable is of the runtime that made it, and says so${COMPILED_ONLY}`,
  ignore: COMPILED_ONLY !== "",
  async fn() {
    const options = { executable: executable("parasync") };
    const told = JSON.parse(assertSucceeded(await run(["version", "--json"], options)));
    assertEquals([told.name, told.standalone], ["parasync", true]);
    const line = assertSucceeded(await run(["--version"], options));
    assertMatch(line, /^parasync \d+\.\d+\.\d+ \(deno \d+\.\d+\.\d+, /);
  },
});

Deno.test({
  name: `executables read the variables of flags, of the log and of the cache${COMPILED_ONLY}`,
  ignore: COMPILED_ONLY !== "",
  async fn() {
    await using space = new Workspace();
    const server = await space.serve([], {
      executable: executable("parasync-server"),
      command: "",
      env: { ALOG_LOG_LEVEL: "4" },
    });
    const [home, cache] = [join(space.path, "home"), join(space.path, "cache")];
    const where = [{ HOME: home }, { HOME: home, XDG_CACHE_HOME: cache }];
    // What has just been written is not stored, so that a file is taken that has rested.
    const file = fileURLToPath(new URL("../../LICENSE", import.meta.url));
    for (const each of where) {
      const outcome = await run([file, `${server.url}/a`], {
        executable: executable("parasync-client"),
        env: { PARASYNC_JSON: "1", PARASYNC_SCHEME: "skysync_f", PARASYNC_STORE: "cache", ...each },
      });
      assertEquals(assertSummary(outcome).scheme, "skysync_f");
    }
    const stored = [join(home, ".cache"), cache].map((each) => join(each, "parasync/checksums"));
    for (const folder of stored) assert(fs.existsSync(folder), `nothing is stored in ${folder}`);
    assertEquals(server.log, "");
  },
});

Deno.test({
  name: `compare runs the executable itself for every scheme${COMPILED_ONLY}`,
  ignore: COMPILED_ONLY !== "",
  async fn() {
    await using space = new Workspace();
    const flags = ["--runs=1", "--schemes=rsync,dsync", "--json"];
    const outcome = await run(["compare", space.old("a", OLD), space.new(NEW), ...flags], {
      executable: executable("parasync"),
    });
    const { contenders } = JSON.parse(assertSucceeded(outcome));
    assertEquals(contenders.map((each: { name: string }) => each.name).sort(), ["dsync", "rsync"]);
    await space.untouched("a", OLD);
  },
});
