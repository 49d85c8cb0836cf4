/** `--dry-run`: as a sync, but nothing is written, locked or left at either end. */
// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertMatch } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import { RACY_MS } from "../../src/files/checksum_store.ts";
import { SCHEME_NAMES } from "../../src/schemes/scheme_name.ts";
import { assertFailed, assertSucceeded, assertSummary, type SummaryJson } from "../outcome.ts";
import { answerOf, assertProblem } from "../problem.ts";
import { run } from "../program.ts";
import { concat, eventually, sleep, someBytes, Workspace } from "../workspace.ts";
import { literalPatch, openFrames, openSession, post, sendPatch } from "../wire_session.ts";

const OLD = someBytes(900_000, 1);
const TEXT = new TextEncoder().encode(
  Array.from({ length: 4_000 }, (_, i) => `a line of text, number ${i * 7919 % 4001}\n`).join(""),
);
/** Moved, edited, and with something that compresses. */
const NEW = concat(
  OLD.subarray(0, 200_000),
  someBytes(3_000, 2),
  OLD.subarray(200_040, 500_000),
  TEXT,
  OLD.subarray(500_000),
);

/** Everything that can be seen of a folder without reading files: what a sync must not change. */
function looks(folder: string): unknown {
  const one = (path: string): unknown => {
    const { ino, size, mode, mtimeNs, ctimeNs } = fs.lstatSync(path, { bigint: true });
    return { path, ino, size, mode, mtimeNs, ctimeNs };
  };
  return [one(folder), ...fs.readdirSync(folder).sort().map((name) => one(join(folder, name)))];
}

/** What a sync did or would do, without what runs differ in. */
function amounts(summary: SummaryJson): unknown {
  const names = [
    ...["scheme", "old_bytes", "new_bytes", "copied_bytes", "literal_bytes", "zero_bytes"],
    ...["copies", "literals", "chunks_old", "chunks_new", "chunks_matched", "digest", "target"],
    ...["refined_bytes", "refine_rounds", "refine_wire_bytes", "unchanged_bytes", "coding"],
  ];
  return names.map((name) => [name, summary[name]]);
}

/** Bodies end where they happen to, and compress so: a few bytes each. */
function assertSameTraffic(dry: SummaryJson, done: SummaryJson): void {
  for (const name of ["wire_up_bytes", "wire_down_bytes", "delta_bytes"]) {
    const bytes = Number(done[name]);
    const apart = Math.abs(Number(dry[name]) - bytes);
    assert(apart <= 400 + bytes / 100, `${name}: ${dry[name]}, and ${bytes} in the end`);
  }
}

for (const scheme of SCHEME_NAMES) {
  const finer = scheme === "parasync" ? ["--refine=on", "--compress=deflate"] : [];
  Deno.test(`push --dry-run says what ${scheme} would move, and leaves no trace`, async () => {
    await using space = new Workspace();
    space.old("a", OLD);
    const file = space.new(NEW);
    const server = await space.serve(["--store=beside"]);
    // Checksums are kept of files alone that have not been touched for a while.
    if (scheme.startsWith("skysync")) await sleep(RACY_MS + 500);
    const before = [looks(space.root), looks(space.path)];
    const args = [
      ...["push", file, `${server.url}/a`, `--scheme=${scheme}`, "--json", "--store=beside"],
      ...finer,
    ];
    const dry = assertSummary(await run([...args, "--dry-run", "--line=100mbit-40ms"]));
    assertEquals([looks(space.root), looks(space.path)], before);
    assertEquals([dry.dry_run, dry.verified, dry.line], [true, false, "100mbit-40ms"]);
    assertEquals(dry.rtt_ms, null, "the line is another one");
    const bytes = Number(dry.wire_up_bytes) + Number(dry.wire_down_bytes);
    assert(Number(dry.round_trips) >= 3);
    const expected = bytes * 8 / 100_000 + Number(dry.round_trips) * 40;
    assert(Math.abs(Number(dry.estimated_ms) - expected) < 0.01);
    // At once: nothing of the dry run is in the way.
    const done = assertSummary(await run(args));
    assertEquals([done.dry_run, done.verified, done.line], [false, true, ""]);
    assertEquals([done.round_trips, done.estimated_ms], [null, null]);
    assertEquals(amounts(dry), amounts(done));
    assertSameTraffic(dry, done);
    if (scheme === "parasync") {
      assert(Number(dry.refine_rounds) > 0 && Number(dry.coding_saved_bytes) > 50_000);
    }
  });
}

Deno.test("push --dry-run of a file that is not there yet creates none", async () => {
  for (const scheme of ["parasync", "rsync"]) {
    await using space = new Workspace();
    const server = await space.serve();
    const before = looks(space.root);
    const args = ["push", space.new(NEW), `${server.url}/b`, `--scheme=${scheme}`];
    const dry = assertSummary(await run([...args, "--dry-run", "--json"]));
    assertEquals([dry.old_bytes, dry.literal_bytes], [0, NEW.length], scheme);
    assertEquals([dry.line, dry.estimated_ms], ["", null]);
    assertEquals(looks(space.root), before);
    const text = assertSucceeded(await run([...args, "-n"]));
    assertMatch(text, /^b: would be written; nothing was \(dry run, [^\n]+\)\n/);
    assertEquals(looks(space.root), before);
  }
});

Deno.test("what --line says decides what auto does, as on that line", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve();
  const args = ["push", space.new(NEW), `${server.url}/a`, "--dry-run", "--json"];
  const auto = [...args, "--refine=auto", "--compress=auto"];
  const slow = assertSummary(await run([...auto, "--line=2mbit-20ms"]));
  const fast = assertSummary(await run([...auto, "--line=1gbit-1ms"]));
  assert(slow.coding !== "" && fast.coding === "");
  assert(Number(slow.delta_bytes) < Number(fast.delta_bytes));
});

Deno.test("a dry run fails as a push does", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve();
  const [file, url] = [space.new(NEW), `${server.url}/a`];
  const gone = join(space.path, "gone");
  const dry = ["push", "--dry-run"];
  assertFailed(await run([...dry, file, "http://127.0.0.1:9/a"]), 10, /Cannot reach/);
  assertFailed(await run([...dry, gone, url]), 3, /gone: it does not exist/);
  assertFailed(await run([...dry, file, `${server.url}/none`, "--suffix=.new"]), 3, /none/);
  assertFailed(await run([...dry, file, url, "--line=fast"]), 1, /Cannot read --line: "fast"/);
  assertFailed(await run(["push", file, url, "--line=1mbit-1ms"]), 1, /without --dry-run/);
  await space.untouched("a", OLD);
  // What the environment has for dry runs keeps no push from its work.
  assertSucceeded(await run(["push", file, url], { env: { PARASYNC_LINE: "1mbit-1ms" } }));
  await space.untouched("a", NEW);
});

Deno.test("a session that only looks takes no patch, keeps nobody out, and ends when it is told", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve();
  const query = "basis_filename=a&target=replace";
  const { key } = await openSession(server.url, `${query}&look=1`, openFrames(NEW.length));
  assertEquals(space.artefacts(), []);
  const real = await openSession(server.url, query, openFrames(NEW.length));
  assertEquals([real.status, space.artefacts().length], [200, 1]);
  const bytes = "application/octet-stream";
  const ack = async (name: string, key: string): Promise<string> => {
    const url = `${server.url}/ack?basis_filename=${name}&end=1`;
    return await (await post(url, new TextEncoder().encode(key), bytes)).text();
  };
  const held = (): number =>
    fs.readdirSync(`/proc/${server.program.pid}/fd`).filter((fd) => {
      try {
        return fs.readlinkSync(`/proc/${server.program.pid}/fd/${fd}`) === join(space.root, "a");
      } catch {
        return false;
      }
    }).length;
  const all = held();
  assertEquals(await ack("b", key), "ACK_RECV");
  assertEquals(held(), all, "the session is of another file");
  assertEquals(await ack("a", real.key), "ACK_RECV");
  assertEquals(held(), all, "one that does more is not ended so");
  assertEquals(await ack("a", key), "ACK_RECV");
  await eventually("the basis is let go", () => held() < all || undefined);
  const other = await openSession(server.url, `${query}&look=1`, openFrames(NEW.length));
  const patch = await sendPatch(server.url, "a", other.key, await literalPatch(OLD.length, NEW));
  assertProblem(await answerOf(patch), "changed");
  const done = await sendPatch(server.url, "a", real.key, await literalPatch(OLD.length, NEW));
  assertEquals(await done.text(), "OK");
  await space.untouched("a", NEW);
});

Deno.test("local --dry-run writes neither a result nor anything in TMPDIR", async () => {
  await using space = new Workspace();
  const [old, file] = [space.old("a", OLD), space.new(NEW)];
  const [scratch, out] = [join(space.path, "tmp"), join(space.path, "out")];
  fs.mkdirSync(scratch);
  const env = { TMPDIR: scratch };
  for (const scheme of ["parasync", "rsync"]) {
    const args = ["local", old, file, `--scheme=${scheme}`, "--json"];
    const before = [looks(space.path), looks(scratch), looks(space.root)];
    const dry = assertSummary(
      await run([...args, `--output=${out}`, "--dry-run", "--line=10mbit-10ms"], { env }),
    );
    const none = assertSummary(await run([...args, "--dry-run"], { env }));
    assertEquals([looks(space.path), looks(scratch), looks(space.root)], before);
    assertEquals([dry.target, none.target], [out, ""]);
    const done = assertSummary(await run([...args, `--output=${out}`], { env }));
    assertEquals(amounts(dry), amounts(done));
    assertSameTraffic(dry, done);
    fs.rmSync(out);
  }
});
