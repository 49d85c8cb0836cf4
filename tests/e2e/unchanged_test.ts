/** Pushing a file that the server has already. */
// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import { assertSummary } from "../outcome.ts";
import { run } from "../program.ts";
import { equalBytes, someBytes, Workspace } from "../workspace.ts";

const FILE = someBytes(300_000, 1);

/** From here on a client asks about segments first. */
const GATED_BYTES = 96 << 20;

Deno.test("a target that is the new file already is kept as it is, and takes its time", async () => {
  await using space = new Workspace();
  const target = space.old("a.bin", FILE);
  fs.chmodSync(target, 0o4750);
  const file = space.new(FILE);
  fs.utimesSync(file, 1_600_000_000, 1_500_000_000.25);
  const before = fs.statSync(target);
  const server = await space.serve(["--fsync=on"]);
  const summary = assertSummary(await run(["push", file, `${server.url}/a.bin`, "--json"]));
  const { ino, mode, mtimeMs } = fs.statSync(target);
  assertEquals([ino, mode, mtimeMs], [before.ino, before.mode, 1_500_000_000_250]);
  assertEquals(summary["literal_bytes"], 0);
  await space.untouched("a.bin", FILE);
});

Deno.test("one that has other names is replaced: under those it keeps its time", async () => {
  await using space = new Workspace();
  const target = space.old("a.bin", FILE);
  const other = join(space.root, "snapshot.bin");
  fs.linkSync(target, other);
  fs.utimesSync(other, 1_000_000_000, 1_000_000_000);
  const server = await space.serve();
  assertSummary(await run(["push", space.new(FILE), `${server.url}/a.bin`, "--json"]));
  assertNotEquals(fs.statSync(target).ino, fs.statSync(other).ino);
  assertEquals(fs.statSync(other).mtimeMs, 1_000_000_000_000);
  await space.untouched("a.bin", FILE);
});

Deno.test("a long file that has not changed, or at its end alone, is told by digests", async () => {
  await using space = new Workspace();
  const bytes = someBytes(GATED_BYTES, 2);
  const target = space.old("a.bin", bytes);
  const file = space.new(bytes);
  const { ino } = fs.statSync(target);
  const server = await space.serve();
  const push = ["push", file, `${server.url}/a.bin`, "--json"];
  const same = assertSummary(await run(push));
  assert(Number(same["wire_up_bytes"]) < 20_000, `${same["wire_up_bytes"]} bytes were sent`);
  assertEquals([same["unchanged_bytes"], same["chunks_old"]], [GATED_BYTES, 0]);
  assertEquals(fs.statSync(target).ino, ino);
  bytes.set(someBytes(1000, 3), GATED_BYTES - 5000);
  fs.writeFileSync(file, bytes);
  const changed = assertSummary(await run(push));
  assert(Number(changed["literal_bytes"]) < 50_000, `${changed["literal_bytes"]} bytes were sent`);
  assert(equalBytes(space.read("a.bin"), bytes));
  assertNotEquals(fs.statSync(target).ino, ino);
  await space.clean();
});
