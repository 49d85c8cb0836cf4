// @ts-types="../../src/types/std_assert.d.ts"
import { assertEquals } from "@std/assert";
import { join, resolve } from "node:path";
import { assertFailed, assertSummary } from "../outcome.ts";
import { type Outcome, run } from "../program.ts";
import { MOUNT_ONLY } from "../small_disk.ts";
import { someBytes, Workspace } from "../workspace.ts";
import { COMPILED_ONLY, executable } from "./executables.ts";

/** Where the executables are that `compile.sh --bundle-libs` made. */
const BUNDLED = Deno.env.get("PARASYNC_BUNDLED_DIST") ?? "";

const SKIPPED = COMPILED_ONLY ||
  (BUNDLED === "" ? " [skipped: PARASYNC_BUNDLED_DIST names no folder of executables]" : "") ||
  MOUNT_ONLY;

/** In a mount namespace of its own nothing is left of the system's libraries; temporaries go into $1. */
const WITHOUT_LIBRARIES = `
set -e
export TMPDIR=$1
shift
mount --make-rprivate /
ldconfig -p | sed -n 's/.*\\(libisal\\|libblake3\\|libLLVM\\).* => //p' | xargs -n 1 readlink -f |
  sort -u | while read -r library; do mount --bind /dev/null "$library"; done
exec "$@"`;

/** Asks for hardware checksums where the system has none. */
async function sync(space: Workspace, program: string, temporaries: string): Promise<Outcome> {
  const [old, file] = [space.old("a", someBytes(300_000, 1)), space.new(someBytes(310_000, 1))];
  const output = join(space.root, "result");
  return await run(["local", old, file, `--output=${output}`, "--hw=require", "--json"], {
    executable: program,
    within: ["unshare", "--mount", "sh", "-c", WITHOUT_LIBRARIES, "sh", temporaries],
  });
}

Deno.test({
  name: `embedded libraries are used where the system has none${SKIPPED}`,
  ignore: SKIPPED !== "",
  async fn() {
    await using space = new Workspace();
    const plain = await sync(space, executable("parasync"), space.path);
    assertEquals([plain.code, JSON.parse(plain.stdout).code], [1, "usage"]);
    const summary = assertSummary(
      await sync(space, join(resolve(BUNDLED), "parasync"), space.path),
    );
    assertEquals([summary.hw_client, summary.hw_server], ["native", "native"]);
  },
});

Deno.test({
  name: `embedded libraries that cannot be unpacked are named, in a line${SKIPPED}`,
  ignore: SKIPPED !== "",
  async fn() {
    await using space = new Workspace();
    const outcome = await sync(space, join(resolve(BUNDLED), "parasync"), "/proc");
    assertFailed(
      { ...outcome, stdout: "" },
      1,
      /libisal\.so\.2 refused, .*libblake3\.so\S* refused/,
    );
  },
});
