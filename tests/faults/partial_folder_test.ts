// @ts-types="../../src/types/std_assert.d.ts"
import { assertEquals } from "@std/assert";
import fs from "node:fs";
import { dirname, join } from "node:path";
import { assertFailed, assertSucceeded } from "../outcome.ts";
import { run } from "../program.ts";
import { MOUNT_ONLY, SmallDisk } from "../small_disk.ts";
import { eventually, someBytes, Workspace } from "../workspace.ts";

const NEW = someBytes(1 << 20, 2);

/** A root with a folder in it, one beside it, and links from the one to the other. */
function places(space: Workspace): string {
  const outside = join(space.path, "outside");
  const beside = `${space.root}-beside`;
  for (const folder of [join(space.root, "in"), join(outside, "deep"), beside]) {
    fs.mkdirSync(folder, { recursive: true });
  }
  fs.symlinkSync(outside, join(space.root, "link"));
  fs.symlinkSync(join(space.root, "in"), join(space.root, "inner"));
  fs.symlinkSync(join(space.root, "nothing"), join(space.root, "dangling"));
  space.old("file", "a file");
  return outside;
}

/** What `--partial-dir` may not be, from the workspace's path; relative ones are from the root. */
const REFUSED: Record<string, readonly [place: (path: string) => string, exit: number, RegExp]> = {
  "an absolute path elsewhere": [(path) => `${path}/outside`, 1, /it must be a folder in the root/],
  "a folder whose name begins as the root's": [(path) => `${path}/root-beside`, 1, /in the root/],
  "a path that climbs out": [() => "../outside", 1, /it must be a folder in the root/],
  "a path that climbs out of a folder inside": [() => "in/../../outside", 1, /in the root/],
  "an absolute path that climbs out": [(path) => `${path}/root/../outside`, 1, /in the root/],
  "the folder above": [() => "..", 1, /it must be a folder in the root/],
  "a link that leads out": [() => "link", 1, /it must be a folder in the root/],
  "a folder behind a link that leads out": [() => "link/deep", 1, /in the root/],
  "a file": [() => "file", 1, /it must be a folder in the root/],
  "a link that leads nowhere": [() => "dangling", 3, /dangling: it does not exist/],
  "what is not there": [() => "none", 3, /none: it does not exist/],
};

Deno.test("a server does not start with a --partial-dir that is no folder in its root", async () => {
  await using space = new Workspace();
  const outside = places(space);
  for (const [what, [place, exit, line]] of Object.entries(REFUSED)) {
    const flag = `--partial-dir=${place(space.path)}`;
    const outcome = await run(["serve", `--root=${space.root}`, "--port=0", flag]);
    assertFailed(outcome, exit, line);
    assertEquals(fs.readdirSync(outside), ["deep"], what);
  }
});

for (const [what, place] of [["a name in the root", "in"], ["a link that stays in it", "inner"]]) {
  Deno.test(`--partial-dir may be ${what}, and the temporary is made there`, async () => {
    await using space = new Workspace();
    places(space);
    const seen: string[] = [];
    const watcher = Deno.watchFs(space.root);
    const watched = (async () => {
      for await (const { kind, paths } of watcher) if (kind === "create") seen.push(...paths);
    })();
    const server = await space.serve([`--partial-dir=${place}`], {
      env: { PARASYNC_KEEP_PARTIAL: "on" },
    });
    assertSucceeded(await run(["push", space.new(NEW), `${server.url}/f`, "--quiet"]));
    await space.untouched("f", NEW);
    const part = await eventually(
      "it is told of the temporary",
      () => seen.find((path) => path.endsWith(".part")),
    );
    watcher.close();
    await watched;
    assertEquals(dirname(part), join(space.root, "in"));
  });
}

Deno.test({
  name: `a --partial-dir in another file system is told at the first push${MOUNT_ONLY}`,
  ignore: MOUNT_ONLY !== "",
  async fn() {
    await using space = new Workspace();
    const disk = space.with(new SmallDisk(join(space.root, "disk"), 8 << 20));
    const old = someBytes(100_000, 1);
    space.old("f", old);
    const server = await space.serve([`--partial-dir=${disk.path}`]);
    const outcome = await run(["push", space.new(NEW), `${server.url}/f`]);
    assertFailed(outcome, 11, /the folder for partial files is in another file system/);
    await space.untouched("f", old);
  },
});
