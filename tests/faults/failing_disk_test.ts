/** Devices that report errors, as strace has the system do it. */
// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { assertFailed } from "../outcome.ts";
import { run } from "../program.ts";
import { equalBytes, someBytes, Workspace } from "../workspace.ts";

const OLD = someBytes(9 << 20, 1);
const NEW = someBytes(9 << 20, 2);

const STRACE_ONLY = canInject() ? "" : " [skipped: needs strace and leave to trace]";

function canInject(): boolean {
  if (Deno.build.os !== "linux") return false;
  try {
    const args = ["-o", "/dev/null", "-e", "inject=fsync:error=EIO", "true"];
    return new Deno.Command("strace", { args, stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

/** A command under which calls of a program fail with EIO: all of them, or those for one path. */
function failing(call: string, path?: string): readonly string[] {
  const only = path === undefined ? [] : ["-P", path];
  return ["strace", "-D", "-f", "-o", "/dev/null", "-e", `inject=${call}:error=EIO`, ...only];
}

Deno.test({
  name: `content that cannot be synced ends a push with 11, and the old file stays${STRACE_ONLY}`,
  ignore: STRACE_ONLY !== "",
  async fn() {
    await using space = new Workspace();
    space.old("f", OLD);
    const server = await space.serve(["--fsync=on", "--keep-partial=on"], {
      within: failing("fsync"),
    });
    const outcome = await run(["push", space.new(NEW), `${server.url}/f`]);
    assertFailed(outcome, 11, /Cannot commit f: the device reported an input\/output error/);
    // What could not be synced may not be what was written: it is no use to the next push.
    await space.untouched("f", OLD);
  },
});

Deno.test({
  name: `a folder that cannot be synced is a warning: the new file is in its place${STRACE_ONLY}`,
  ignore: STRACE_ONLY !== "",
  async fn() {
    await using space = new Workspace();
    space.old("f", OLD);
    const server = await space.serve(["--fsync=on"], { within: failing("fsync", space.root) });
    const { code, stderr } = await run(["push", space.new(NEW), `${server.url}/f`, "--quiet"]);
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    assertMatch(server.log, /warn +The folder could not be synced: the new name may not outlast/);
    await space.untouched("f", NEW);
  },
});

Deno.test({
  name: `an old or a new file that cannot be read ends a push with 11 and its name${STRACE_ONLY}`,
  ignore: STRACE_ONLY !== "",
  async fn() {
    await using space = new Workspace();
    const old = space.old("f", OLD);
    const file = space.new(NEW);
    const bad = await space.serve([], { within: failing("pread64", old) });
    const reason = "the device reported an input/output error";
    const atServer = await run(["push", file, `${bad.url}/f`]);
    assertFailed(atServer, 11, new RegExp(`Cannot read f: ${reason}`));
    await space.untouched("f", OLD);
    const good = await space.serve();
    const atClient = await run(["push", file, `${good.url}/f`], {
      within: failing("pread64", file),
    });
    assertFailed(atClient, 11, new RegExp(`Cannot read ${file}: ${reason}`));
    await space.untouched("f", OLD);
    assert(equalBytes(Deno.readFileSync(join(space.path, "new")), NEW));
  },
});
