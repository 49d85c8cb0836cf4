// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import { assertFailed, assertSucceeded, assertSummary } from "../outcome.ts";
import { Program, run } from "../program.ts";
import { Relay } from "../relay.ts";
import { concat, equalBytes, ROOT_ONLY, someBytes, Workspace } from "../workspace.ts";

const OLD = someBytes(300_000, 1);
const NEW = concat(OLD.subarray(0, 100_000), someBytes(5_000, 2), OLD.subarray(100_000));

Deno.test("push replaces the target at once: who has the old file open goes on reading it", async () => {
  await using space = new Workspace();
  const target = space.old("a.bin", OLD);
  const fd = fs.openSync(target, "r");
  try {
    const before = fs.fstatSync(fd).ino;
    const server = await space.serve();
    assertSucceeded(await run(["push", space.new(NEW), `${server.url}/a.bin`]));
    assertNotEquals(fs.statSync(target).ino, before);
    assert(equalBytes(space.read("a.bin"), NEW));
    assert(equalBytes(fs.readFileSync(fd), OLD));
    await space.clean();
  } finally {
    fs.closeSync(fd);
  }
});

Deno.test("push keeps the target's mode and takes the new file's time", async () => {
  await using space = new Workspace();
  const target = space.old("a.bin", OLD);
  fs.chmodSync(target, 0o640);
  const file = space.new(NEW);
  fs.chmodSync(file, 0o755);
  fs.utimesSync(file, 1_600_000_000, 1_500_000_000.25);
  const server = await space.serve();
  assertSucceeded(await run(["push", file, `${server.url}/a.bin`]));
  const { mode, mtimeMs } = fs.statSync(target);
  assertEquals((mode & 0o7777).toString(8), "640");
  assertEquals(mtimeMs, 1_500_000_000_250);
});

Deno.test({
  name: `push keeps the target's owner where the server is root${ROOT_ONLY}`,
  ignore: ROOT_ONLY !== "",
  async fn() {
    await using space = new Workspace();
    const target = space.old("a.bin", OLD);
    fs.chownSync(target, 1234, 2345);
    const server = await space.serve();
    assertSucceeded(await run(["push", space.new(NEW), `${server.url}/a.bin`]));
    const { uid, gid } = fs.statSync(target);
    assertEquals([uid, gid], [1234, 2345]);
  },
});

Deno.test("push --suffix=.new leaves the old file and writes beside it, over what is there", async () => {
  await using space = new Workspace();
  space.old("a.bin", OLD);
  space.old("a.bin.new", "from the last time");
  const server = await space.serve();
  const file = space.new(NEW);
  const summary = assertSummary(
    await run(["push", file, `${server.url}/a.bin`, "--suffix=.new", "--json"]),
  );
  assertEquals(summary.target, "a.bin.new");
  assert(equalBytes(space.read("a.bin.new"), NEW));
  await space.untouched("a.bin", OLD);
});

Deno.test("push creates a target that is not there, for everybody to read", async () => {
  await using space = new Workspace();
  const server = await space.serve();
  const summary = assertSummary(
    await run(["push", space.new(NEW), `${server.url}/b.bin`, "--json"]),
  );
  assertEquals([summary.old_bytes, summary.copied_bytes], [0, 0]);
  assertEquals((fs.statSync(join(space.root, "b.bin")).mode & 0o777).toString(8), "644");
  await space.untouched("b.bin", NEW);
});

Deno.test("push follows a link to the new file, as cp does", async () => {
  await using space = new Workspace();
  space.old("a.bin", OLD);
  const link = join(space.path, "link");
  fs.symlinkSync(space.new(NEW), link);
  const server = await space.serve();
  assertSucceeded(await run(["push", link, `${server.url}/a.bin`]));
  await space.untouched("a.bin", NEW);
});

Deno.test("push takes a target in a nested folder and says so where the folder is missing", async () => {
  await using space = new Workspace();
  fs.mkdirSync(join(space.root, "x/y"), { recursive: true });
  space.old("x/y/a.bin", OLD);
  const server = await space.serve();
  const file = space.new(NEW);
  assertSucceeded(await run(["push", file, `${server.url}/x/y/a.bin`]));
  await space.untouched("x/y/a.bin", NEW);
  const outcome = await run(["push", file, `${server.url}/x/z/a.bin`]);
  assertFailed(outcome, 3, /x\/z\/a\.bin.*folder does not exist/);
});

Deno.test("push finds files with odd names: spaces, signs, Unicode, a newline, a backslash", async () => {
  const names = [
    "a b",
    "100%.x",
    "a+b&c=d",
    "a#b",
    "q?x",
    "ä €😀",
    "two\nlines",
    "back\\slash",
    "%2e",
  ];
  await using space = new Workspace();
  const server = await space.serve();
  const file = space.new(NEW);
  for (const name of names) {
    space.old(name, OLD);
    const url = `${server.url}/${encodeURIComponent(name)}`;
    assertEquals(assertSummary(await run(["push", file, url, "--json"])).target, name);
    assert(equalBytes(space.read(name), NEW), name);
  }
  assertEquals(fs.readdirSync(space.root).sort(), names.sort());
  assert(server.log.includes("two\\nlines"), "a newline in a name breaks a line of the log");
});

Deno.test("push reaches a server behind a prefix, and no other path of it", async () => {
  await using space = new Workspace();
  space.old("a.bin", OLD);
  const server = await space.serve(["--prefix=/sync/v2"]);
  const file = space.new(NEW);
  const url = `${server.url}/sync/v2/a.bin`;
  assertSucceeded(await run(["push", file, url, "--prefix=/sync/v2"]));
  await space.untouched("a.bin", NEW);
  assertFailed(await run(["push", file, `${server.url}/a.bin`]), 3, /no such endpoint/);
  const outside = await run(["push", file, `${server.url}/a.bin`, "--prefix=/sync/v2"]);
  assertFailed(outside, 1, /not below \/sync\/v2/);
});

Deno.test("push tells people a summary on stdout, and with --quiet nothing", async () => {
  await using space = new Workspace();
  space.old("a.bin", OLD);
  const server = await space.serve();
  const file = space.new(NEW);
  const shown = assertSucceeded(await run(["push", file, `${server.url}/a.bin`]));
  assertMatch(shown, /^a\.bin: verified in /);
  assertMatch(shown, /copied .* in 1 range|copied .* in \d+ ranges/);
  // deno-lint-ignore no-control-regex -- colours are what is looked for
  assert(!/\x1b/.test(shown), "colours without a terminal");
  const quiet = await run(["push", file, `${server.url}/a.bin`, "--quiet"]);
  assertEquals(quiet, { code: 0, signal: null, stdout: "", stderr: "" });
});

Deno.test("push --progress=on reports its stages on stderr, stdout stays a line of JSON", async () => {
  await using space = new Workspace();
  space.old("a.bin", OLD);
  const server = await space.serve();
  // Lines come every five seconds: the sync stands still until there is one.
  const relay = space.with(new Relay(server.port, { holdAfter: 1500 }));
  const args = ["push", space.new(NEW), `${relay.url}/a.bin`, "--progress=on", "--json"];
  await using client = new Program(args);
  await client.says("stderr", /^progress: client chunk.*\n/m);
  relay.release();
  const { code, stdout, stderr } = await client.ended;
  assertEquals([code, JSON.parse(stdout).type], [0, "summary"], stderr);
});

Deno.test("two clients push to two targets of one server at once", async () => {
  await using space = new Workspace();
  const server = await space.serve();
  const [a, b] = [someBytes(4_000_000, 3), someBytes(4_000_000, 4)];
  space.old("a.bin", b);
  space.old("b.bin", a);
  const outcomes = await Promise.all([
    run(["push", space.new(a, "a"), `${server.url}/a.bin`]),
    run(["push", space.new(b, "b"), `${server.url}/b.bin`]),
  ]);
  outcomes.forEach(assertSucceeded);
  await space.untouched("a.bin", a);
  await space.untouched("b.bin", b);
});

Deno.test("push twice in a row copies everything the second time", async () => {
  await using space = new Workspace();
  space.old("a.bin", OLD);
  const server = await space.serve();
  const args = ["push", space.new(NEW), `${server.url}/a.bin`, "--json"];
  assertEquals(assertSummary(await run(args)).verified, true);
  const again = assertSummary(await run(args));
  assertEquals([again.literal_bytes, again.copied_bytes, again.copies], [0, NEW.length, 1]);
});
