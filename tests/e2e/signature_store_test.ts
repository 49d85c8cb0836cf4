/** `signature --store`: the checksums of a file's blocks, where the next sync by skysync_f or skysync_c finds them. */
// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertMatch } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { assertFailed, assertSucceeded, assertSummary } from "../outcome.ts";
import { run } from "../program.ts";
import { Workspace } from "../workspace.ts";

/** A file that nobody has touched lately: checksums of one just written are not kept. */
const RESTED = fileURLToPath(new URL("../../LICENSE", import.meta.url));

Deno.test("--store alone keeps the checksums in the usual place, where both ends of a sync find them", async () => {
  await using space = new Workspace();
  const env = { PARASYNC_STORE: join(space.path, "sums") };
  const signed = assertSummary(await run(["signature", RESTED, "--store", "--json"], { env }));
  assertEquals([signed.stored, signed.signature_bytes, signed.target], [true, 0, ""]);
  assertEquals(fs.readdirSync(env.PARASYNC_STORE).length, 1);
  for (const scheme of ["skysync_f", "skysync_c"]) {
    // skysync_c derives from stored checksums where no instruction for CRCs is to be used.
    const args = ["local", RESTED, RESTED, `--scheme=${scheme}`, "--hw=0", "--json"];
    const synced = assertSummary(await run(args, { env }));
    assertEquals([synced.checksums_client, synced.checksums_server], ["stored", "stored"], scheme);
  }
});

Deno.test("--store takes a place behind = only, and OLD may follow it; SIG is written as well", async () => {
  await using space = new Workspace();
  const [sums, signature] = [join(space.path, "sums"), join(space.path, "sig")];
  const env = { PARASYNC_STORE: sums };
  const alone = assertSucceeded(await run(["signature", "--store", RESTED], { env }));
  assertMatch(alone, /^checksums stored, \d+ blocks of 8,192 B from [^\n]+\n$/);
  const other = join(space.path, "other");
  const placed = assertSucceeded(await run(["signature", `--store=${sums}`, RESTED]));
  assertMatch(placed, /^checksums stored, /);
  const both = assertSucceeded(await run(["signature", `--store=${other}`, RESTED, signature]));
  assertMatch(both, /^\S+sig: \d+ B, checksums stored, [^\n]+\n$/);
  assertEquals([fs.readdirSync(sums).length, fs.readdirSync(other).length], [1, 1]);
  assert(fs.statSync(signature).size > 12);
});

Deno.test("--store alone takes no SIG, and writes over neither of two names", async () => {
  await using space = new Workspace();
  const env = { PARASYNC_STORE: join(space.path, "sums") };
  const [first, second] = [space.new("first", "first"), space.new("second", "second")];
  for (const args of [["--store", first, second], [first, "--store", second]]) {
    const outcome = await run(["signature", ...args], { env });
    assertFailed(outcome, 1, /--store alone with SIG: .*write --store=cache to do both/);
  }
  assertEquals([first, second].map((path) => fs.readFileSync(path, "utf8")), ["first", "second"]);
  assertEquals(fs.readdirSync(space.path).sort(), ["first", "root", "second"]);
});

Deno.test("what cannot be stored is said, and SIG is not written then", async () => {
  await using space = new Workspace();
  const signature = join(space.path, "sig");
  const neither = await run(["signature", RESTED]);
  assertFailed(neither, 1, /SIG is missing, and --store is not given either/);
  const off = await run(["signature", RESTED, signature, "--store=off"]);
  assertFailed(off, 1, /LICENSE: no place is given, or it is off/);
  const lately = space.new("x");
  const inAnHour = Date.now() / 1000 + 3600;
  fs.utimesSync(lately, inAnHour, inAnHour);
  const sums = join(space.path, "sums");
  const early = await run(["signature", lately, signature, `--store=${sums}`]);
  assertFailed(early, 24, /new: it was changed so lately/);
  assertEquals(fs.existsSync(signature), false);
});
