// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertMatch } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import { assertFailed, assertSucceeded } from "../outcome.ts";
import { Program, run } from "../program.ts";
import { concat, equalBytes, someBytes, Workspace } from "../workspace.ts";

const OLD = someBytes(400_000, 1);
const NEW = concat(OLD.subarray(0, 150_000), someBytes(6_000, 2), OLD.subarray(150_000));

const NAMES = [
  "rsync",
  "dsync",
  "skysync_f",
  "skysync_c",
  "pdsync",
  "parasync/pipeline-v1",
  "parasync/pipeline-v3",
  "parasync/flow-graph",
  "parasync/streaming",
];

/** A folder for temporaries, which must be empty in the end. */
function scratchOf(space: Workspace): string {
  const scratch = join(space.path, "tmp");
  fs.mkdirSync(scratch);
  return scratch;
}

Deno.test("compare runs every scheme and mode on one pair, verifies each, and leaves nothing", async () => {
  await using space = new Workspace();
  const [old, file] = [space.old("a", OLD), space.new(NEW)];
  const env = { TMPDIR: scratchOf(space), PARASYNC_OUTPUT: join(space.path, "unwanted") };
  const outcome = await run(["compare", old, file, "--runs=1", "--hw=0", "--json"], { env });
  assertMatch(assertSucceeded(outcome), /^\{[^\n]*\}\n$/, "not one line of JSON");
  const { type, schema, contenders, ...rest } = JSON.parse(outcome.stdout);
  assertEquals([type, schema, rest.old_bytes, rest.new_bytes], [
    "comparison",
    1,
    OLD.length,
    NEW.length,
  ]);
  assertEquals(contenders.map(({ name }: { name: string }) => name), NAMES);
  for (const { name, scheme, mode, verified, runs, elapsed_ms: elapsed } of contenders) {
    assertEquals([verified, runs.length, runs[0].warm_up], [true, 1, false], name);
    const { summary } = runs[0];
    assertEquals([summary.scheme, summary.mode, summary.hw_client], [scheme, mode, "portable"]);
    assertEquals([summary.target, elapsed.median], ["", summary.elapsed_ms]);
    assert(summary.literal_bytes < NEW.length / 4, name);
  }
  assertEquals(fs.readdirSync(env.TMPDIR), []);
  assertEquals(fs.readdirSync(space.path).sort(), ["new", "root", "tmp"]);
});

Deno.test("compare shows a table on stdout and writes a page, of the chosen schemes alone", async () => {
  await using space = new Workspace();
  const [old, file] = [space.old("a", OLD), space.new(NEW)];
  const html = join(space.path, "page.html");
  const args = ["compare", old, file, "--runs=2", "--schemes=dsync,parasync/streaming"];
  const shown = assertSucceeded(await run([...args, `--html=${html}`]));
  assertEquals(shown.match(/^✓ .*$/gm)?.length, 2, shown);
  assertMatch(shown, /1 run of each, taking turns, one more before to warm up/);
  assertMatch(
    fs.readFileSync(html, "utf8"),
    /^<!doctype html>[^]*parasync\/streaming[^]*<\/html>\n$/,
  );
  assertEquals(assertSucceeded(await run([...args, "--quiet"])), "");
});

Deno.test("compare writes its page over neither file by any name, over no folder, and all at once", async () => {
  await using space = new Workspace();
  const [old, file] = [space.old("a", OLD), space.new(NEW)];
  const [hard, soft] = [join(space.path, "hard"), join(space.path, "soft")];
  fs.linkSync(file, hard);
  fs.symlinkSync(file, soft);
  const kept = space.new("kept", "page.html");
  // Said before the first of these runs, which nobody would wait for.
  const args = ["compare", old, file, "--runs=1000"];
  for (const html of [old, file, `${space.root}/../new`, hard]) {
    assertFailed(await run([...args, `--html=${html}`]), 1, /it is one of the files to read/);
  }
  assertFailed(await run([...args, `--html=${soft}`]), 3, /soft: it is /);
  assertFailed(await run([...args, `--html=${space.root}`]), 3, /root: it is a folder/);
  assertEquals([fs.readFileSync(old), fs.readFileSync(file)].map(equalTo), [true, true]);
  const page = ["compare", old, file, "--runs=1", "--schemes=dsync", `--html=${kept}`];
  assertSucceeded(await run(page));
  assertMatch(fs.readFileSync(kept, "utf8"), /<\/html>\n$/);
  assertEquals(fs.readdirSync(space.path).sort(), ["hard", "new", "page.html", "root", "soft"]);
});

/** Whether the first is still the old file, and the second the new one. */
function equalTo(bytes: Uint8Array, place: number): boolean {
  return equalBytes(bytes, place === 0 ? OLD : NEW);
}

Deno.test("compare tells the threads that worked, not those that were allowed", async () => {
  await using space = new Workspace();
  const [old, file] = [space.old("a", OLD), space.new(NEW)];
  const args = ["compare", old, file, "--runs=1", "--schemes=pdsync", "--threads=2"];
  const { contenders, threads } = JSON.parse(assertSucceeded(await run([...args, "--json"])));
  assertEquals([threads, contenders[0].threads], [2, 1]);
  const shown = assertSucceeded(await run(args));
  assertMatch(shown, /at most 2 threads/);
  assertMatch(shown, /^✓ pdsync +\S+ +1 +\d/m);
});

Deno.test("compare shows a run that fails and ends with its exit code", async () => {
  await using space = new Workspace();
  const [old, file] = [space.old("a", OLD), space.new(NEW)];
  const env = { PARASYNC_LIBISAL: "/nowhere.so", PARASYNC_LIBBLAKE3: "/nowhere.so" };
  const args = ["compare", old, file, "--schemes=dsync,rsync", "--hw=require"];
  const { code, stdout, stderr } = await run(args, { env });
  assertEquals(code, 1);
  assertMatch(stderr, /^(parasync: Cannot compare (rsync|dsync): it cannot [^\n]+\n){2}$/);
  assertEquals(stdout.match(/^✗ (dsync|rsync) .*Cannot .*nowhere/gm)?.length, 2, stdout);
});

Deno.test("compare says at once what keeps it from beginning", async () => {
  await using space = new Workspace();
  const [old, file] = [space.old("a", OLD), space.new(NEW)];
  const gone = join(space.path, "gone");
  assertFailed(await run(["compare", gone, file]), 3, /gone: it does not exist/);
  assertFailed(await run(["compare", old, space.root]), 3, /root: it is a folder/);
  assertFailed(
    await run(["compare", old, file, `--html=${gone}/x.html`]),
    3,
    /gone: it does not exist/,
  );
  const unknown = await run(["compare", old, file, "--schemes=parasink"]);
  assertMatch(unknown.stderr, /--schemes=parasink: .*; did you mean parasync\?/);
  assertEquals([unknown.code, unknown.stdout], [1, ""]);
});

Deno.test("compare that is interrupted ends its run and leaves nothing", async () => {
  await using space = new Workspace();
  const [old, file] = [space.old("a", OLD), space.new(NEW)];
  const env = { TMPDIR: scratchOf(space) };
  const args = ["compare", old, file, "--runs=1000", "--schemes=dsync", "--log-level=debug"];
  await using program = new Program(args, { env });
  await program.says("stderr", /Run round=2/);
  program.kill("SIGTERM");
  const { code, stdout, stderr } = await program.ended;
  assertEquals([code, stdout], [20, ""]);
  assertMatch(stderr, /parasync: Cannot go on: interrupted by SIGTERM\n$/);
  assertEquals(fs.readdirSync(env.TMPDIR), []);
});
