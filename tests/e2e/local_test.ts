// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import { assertFailed, assertSummary } from "../outcome.ts";
import { run } from "../program.ts";
import { MOUNT_ONLY, SmallDisk } from "../small_disk.ts";
import { concat, equalBytes, someBytes, Workspace } from "../workspace.ts";

const OLD = someBytes(400_000, 1);
const NEW = concat(OLD.subarray(0, 77_777), someBytes(4_000, 2), OLD.subarray(77_777));

Deno.test("local verifies and leaves nothing, with --output the new file", async () => {
  await using space = new Workspace();
  const [old, file] = [space.old("a", OLD), space.new(NEW)];
  const scratch = join(space.path, "tmp");
  fs.mkdirSync(scratch);
  const env = { TMPDIR: scratch };
  const dry = assertSummary(await run(["local", old, file, "--json"], { env }));
  assertEquals(fs.readdirSync(scratch), []);
  await space.untouched("a", OLD);
  const output = join(space.path, "out");
  const made = assertSummary(await run(["local", old, file, `--output=${output}`, "--json"]));
  assert(equalBytes(fs.readFileSync(output), NEW));
  assertEquals([made.digest, made.literal_bytes], [dry.digest, dry.literal_bytes]);
  assertEquals([made.verified, made.target], [true, output]);
  await space.untouched("a", OLD);
});

Deno.test("local takes a relative --output, OLD itself as --output, and NEW as OLD", async () => {
  await using space = new Workspace();
  const [old, file] = [space.old("a", OLD), space.new(NEW)];
  assertSummary(await run(["local", old, file, "-o", "out", "--json"], { cwd: space.path }));
  assert(equalBytes(fs.readFileSync(join(space.path, "out")), NEW));
  assertSummary(await run(["local", old, file, `--output=${old}`, "--json"]));
  await space.untouched("a", NEW);
  const same = assertSummary(await run(["local", file, file, "--json"]));
  assertEquals([same.literal_bytes, same.copied_bytes], [0, NEW.length]);
});

for (
  const [name, old, content] of [
    ["an empty old file", new Uint8Array(0), NEW],
    ["an empty new file", OLD, new Uint8Array(0)],
    ["two empty files", new Uint8Array(0), new Uint8Array(0)],
  ] as const
) {
  Deno.test(`local makes the new file from ${name}`, async () => {
    await using space = new Workspace();
    const output = join(space.path, "out");
    const args = ["local", space.old("a", old), space.new(content), `--output=${output}`, "--json"];
    const summary = assertSummary(await run(args));
    assert(equalBytes(fs.readFileSync(output), content));
    assertEquals(summary.new_bytes, content.length);
  });
}

Deno.test("local names the file that is missing, a folder, or a pipe", async () => {
  await using space = new Workspace();
  const [old, file] = [space.old("a", OLD), space.new(NEW)];
  const pipe = join(space.path, "pipe");
  new Deno.Command("mkfifo", { args: [pipe] }).outputSync();
  const gone = join(space.path, "gone");
  assertFailed(await run(["local", gone, file]), 3, /gone: it does not exist/);
  assertFailed(await run(["local", old, gone]), 3, /gone: it does not exist/);
  assertFailed(await run(["local", space.root, file]), 3, /root: it is a folder/);
  assertFailed(await run(["local", old, pipe]), 3, /pipe: it is a named pipe/);
  const inNothing = join(gone, "out");
  assertFailed(await run(["local", old, file, `--output=${inNothing}`]), 3, /gone/);
  assertFailed(await run(["local", old, file, `--output=${space.root}`]), 3, /folder/);
  await space.untouched("a", OLD);
});

Deno.test({
  name: `local without room for --output ends with 11 and the reason${MOUNT_ONLY}`,
  ignore: MOUNT_ONLY !== "",
  async fn() {
    await using space = new Workspace();
    const small = space.with(new SmallDisk(join(space.path, "small"), 1 << 20));
    const big = space.new(someBytes(3 << 20, 3));
    const args = ["local", space.old("a", OLD), big, `--output=${join(small.path, "out")}`];
    assertFailed(await run(args), 11, /out: no space left/);
    assertEquals(fs.readdirSync(small.path), []);
  },
});
