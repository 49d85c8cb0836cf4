/** The commands that rdiff has, on whole programs: what they print, and that a failure leaves everything as it was. */
// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertMatch } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import { assertFailed, assertSucceeded, assertSummary } from "../outcome.ts";
import { Program, run } from "../program.ts";
import { MOUNT_ONLY, SmallDisk } from "../small_disk.ts";
import { concat, equalBytes, someBytes, Workspace } from "../workspace.ts";

const OLD = someBytes(400_000, 1);
const NEW = concat(OLD.subarray(0, 77_777), someBytes(4_000, 2), OLD.subarray(77_777));
const KEPT = "what was there before";

/** The BLAKE3 of nothing, as b3sum prints it. */
const EMPTY_BLAKE3 = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";

/** A workspace with an old and a new file, the signature and delta between them, and a file to be replaced. */
class Between extends Workspace {
  readonly oldFile = this.old("old", OLD);
  readonly newFile = this.new(NEW);
  readonly signature = join(this.path, "sig");
  readonly delta = join(this.path, "delta");
  readonly out = this.new(KEPT, "out");

  async prepare(): Promise<void> {
    assertSucceeded(await run(["signature", this.oldFile, this.signature]));
    assertSucceeded(await run(["delta", this.signature, this.newFile, this.delta]));
  }

  /** A file with a part or a variant of another one's content. */
  variant(of: string, change: (bytes: Uint8Array) => Uint8Array): string {
    return this.new(change(fs.readFileSync(of)), "variant");
  }

  /** Asserts that a command fails, and that the output and its folder are as they were. */
  async refuses(args: readonly string[], exit: number, line: RegExp): Promise<void> {
    const before = fs.readdirSync(this.path).sort();
    assertFailed(await run(args), exit, line);
    assertEquals(fs.readFileSync(this.out, "utf8"), KEPT, args.join(" "));
    assertEquals(fs.readdirSync(this.path).sort(), before, args.join(" "));
  }
}

Deno.test("signature, delta and patch lead to the new file and count what they did", async () => {
  await using space = new Between();
  const { oldFile, newFile, signature, delta, out } = space;
  const signed = assertSummary(await run(["signature", oldFile, signature, "--json"]));
  assertEquals([signed.type, signed.schema, signed.old_bytes], ["signature", 1, OLD.length]);
  assertEquals([signed.blocks, signed.block_bytes, signed.sum_bytes], [49, 8192, 32]);
  assertEquals([signed.hash, signed.rolling, signed.target], ["blake2", "rollsum", signature]);
  assertEquals(signed.signature_bytes, 12 + 49 * 36);
  assertEquals(fs.statSync(signature).size, signed.signature_bytes);
  const found = assertSummary(await run(["delta", signature, newFile, delta, "--json"]));
  assertEquals([found.type, found.new_bytes, found.target], ["delta", NEW.length, delta]);
  assertEquals(Number(found.copied_bytes) + Number(found.literal_bytes), NEW.length);
  assert(Number(found.literal_bytes) < 4000 + 2 * 8192, "more is literal than need be");
  assertEquals(fs.statSync(delta).size, found.delta_bytes);
  const made = assertSummary(await run(["patch", oldFile, delta, out, "--json"]));
  assert(equalBytes(fs.readFileSync(out), NEW));
  assertEquals([made.type, made.verified, made.digest_kind], ["patch", false, "blake3"]);
  assertEquals([made.old_bytes, made.new_bytes, made.target], [OLD.length, NEW.length, out]);
  assertEquals(made.literal_bytes, found.literal_bytes);
  assertEquals(space.artefacts(), []);
});

Deno.test("each command says in a line what it made; patch, that nothing was verified", async () => {
  await using space = new Between();
  const { oldFile, newFile, signature, delta, out } = space;
  const signed = assertSucceeded(await run(["signature", oldFile, signature]));
  assertMatch(signed, /^\S+sig: 1\.78 kB, 49 blocks of 8,192 B from 400 kB, in [^\n]+\n$/);
  const found = assertSucceeded(await run(["delta", signature, newFile, delta]));
  assertMatch(found, /^\S+delta: [^\n]+ copied, [^\n]+ literal, in [^\n]+\n$/);
  const made = assertSucceeded(await run(["patch", oldFile, delta, out]));
  assertMatch(made, /^\S+out: 404 kB, not verified, blake3 [0-9a-f]{64}, in [^\n]+\n$/);
  assertEquals(assertSucceeded(await run(["patch", oldFile, delta, out, "--quiet"])), "");
});

Deno.test("the digest of patch is the result's BLAKE3", async () => {
  await using space = new Between();
  const nothing = space.new(new Uint8Array(0), "nothing");
  const { signature, delta, out } = space;
  assertSucceeded(await run(["signature", nothing, signature]));
  assertSucceeded(await run(["delta", signature, nothing, delta]));
  const made = assertSummary(await run(["patch", nothing, delta, out, "--json"]));
  assertEquals([made.digest, made.new_bytes], [EMPTY_BLAKE3, 0]);
  assertEquals(fs.readFileSync(out).length, 0);
});

Deno.test("patch takes OLD itself as OUT", async () => {
  await using space = new Between();
  await space.prepare();
  assertSucceeded(await run(["patch", space.oldFile, space.delta, space.oldFile]));
  await space.untouched("old", NEW);
});

Deno.test("a missing file, a folder, and one in place of another are named, and nothing is touched", async () => {
  await using space = new Between();
  await space.prepare();
  const { oldFile, newFile, signature, delta, out } = space;
  const gone = join(space.path, "gone");
  await space.refuses(["signature", gone, out], 3, /gone: it does not exist/);
  await space.refuses(["signature", space.root, out], 3, /root: it is a folder/);
  await space.refuses(["delta", gone, newFile, out], 3, /gone: it does not exist/);
  await space.refuses(["delta", signature, gone, out], 3, /gone: it does not exist/);
  await space.refuses(["patch", gone, delta, out], 3, /gone: it does not exist/);
  await space.refuses(["patch", oldFile, gone, out], 3, /gone: it does not exist/);
  await space.refuses(["patch", oldFile, delta, join(gone, "x")], 3, /gone: it does not exist/);
  await space.refuses(["patch", oldFile, delta, space.root], 3, /root: it is a folder/);
  await space.refuses(["delta", newFile, oldFile, out], 2, /new: it is no signature of librsync/);
  await space.refuses(["delta", delta, newFile, out], 2, /delta: it is no signature of librsync/);
  await space.refuses(["patch", oldFile, signature, out], 2, /sig: it is no delta of librsync/);
});

Deno.test("a signature or delta that is cut short, goes on or is of another file is refused", async () => {
  await using space = new Between();
  await space.prepare();
  const { oldFile, newFile, signature, delta, out } = space;
  for (const length of [0, 3, 11, 40]) {
    const cut = space.variant(signature, (bytes) => bytes.subarray(0, length));
    await space.refuses(["delta", cut, newFile, out], 12, /variant: the signature is cut short/);
  }
  for (const length of [0, 3, 10, fs.statSync(delta).size - 1]) {
    const cut = space.variant(delta, (bytes) => bytes.subarray(0, length));
    await space.refuses(["patch", oldFile, cut, out], 12, /variant: the delta is cut short/);
  }
  const longer = space.variant(delta, (bytes) => concat(bytes, Uint8Array.of(0)));
  await space.refuses(["patch", oldFile, longer, out], 2, /variant: data follows its end/);
  const shorter = space.variant(oldFile, (bytes) => bytes.subarray(0, 300_000));
  const line = /delta: it copies \d+ bytes from \d+ of an old file of 300000 bytes/;
  await space.refuses(["patch", shorter, delta, out], 2, line);
});

Deno.test("no command writes over what it reads, but patch over OLD", async () => {
  await using space = new Between();
  await space.prepare();
  const { oldFile, newFile, signature, delta } = space;
  const line = /it is one of the files to read/;
  await space.refuses(["signature", oldFile, oldFile], 1, line);
  await space.refuses(["delta", signature, newFile, newFile], 1, line);
  await space.refuses(["delta", signature, newFile, signature], 1, line);
  await space.refuses(["patch", oldFile, delta, delta], 1, line);
  assertEquals([fs.statSync(newFile).size, fs.statSync(oldFile).size], [NEW.length, OLD.length]);
});

Deno.test("sizes that a signature cannot have are refused, each by its flag", async () => {
  await using space = new Between();
  const { oldFile, out } = space;
  const refused: readonly (readonly [string, RegExp])[] = [
    ["--block-size=0", /--block-size=0/],
    ["--block-size=1048577", /--block-size=1048577/],
    ["--sum-size=0", /--sum-size=0: it must be 1 to 32/],
    ["--sum-size=33", /--sum-size=33: it must be 1 to 32/],
    ["--hash=md5", /--hash=md5: it must be blake2 or md4/],
    ["--rolling=crc32", /--rolling=crc32: it must be rollsum or rabinkarp/],
  ];
  for (const [flag, line] of refused) {
    await space.refuses(["signature", oldFile, out, flag], 1, line);
  }
  const long = space.old("long", "");
  fs.truncateSync(long, 8_388_609);
  const limit = /--block-size=1: \S*long would have 8,388,609 blocks, and 8,388,608 are the limit/;
  await space.refuses(["signature", long, out, "--block-size=1"], 1, limit);
  await space.refuses(["signature", long, "--store=off", "--block-size=1"], 1, limit);
  const both = ["signature", oldFile, out, "--hash=md4", "--sum-size=17"];
  await space.refuses(both, 1, /--sum-size=17: md4 has 16 bytes/);
});

Deno.test({
  name: "an interrupted patch leaves OUT as it was and nothing beside it",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using space = new Between();
    // Copies of GiBs, from a file of holes, are at work long enough to be met there.
    const sparse = space.new("", "sparse");
    fs.truncateSync(sparse, 2 ** 30);
    const copy = [0x47, 0, 0x40, 0, 0, 0];
    const delta = space.new(Uint8Array.of(0x72, 0x73, 2, 0x36, ...copy, ...copy, 0), "twice");
    await using program = new Program(["patch", sparse, delta, space.out, "--fsync=off"]);
    await space.temporary();
    program.kill("SIGINT");
    assertFailed(await program.ended, 20, /interrupted by SIGINT/);
    assertEquals([fs.readFileSync(space.out, "utf8"), space.artefacts()], [KEPT, []]);
  },
});

Deno.test({
  name: `a full disk ends delta and patch with 11 and leaves nothing${MOUNT_ONLY}`,
  ignore: MOUNT_ONLY !== "",
  async fn() {
    await using space = new Between();
    const small = space.with(new SmallDisk(join(space.path, "small"), 1 << 20));
    const full = join(small.path, "full");
    const big = space.new(someBytes(3 << 20, 3), "big");
    const { oldFile, signature, delta } = space;
    assertSucceeded(await run(["signature", oldFile, signature]));
    assertSucceeded(await run(["delta", signature, big, delta]));
    assertFailed(await run(["delta", signature, big, full]), 11, /full: no space left/);
    assertFailed(await run(["patch", oldFile, delta, full]), 11, /full: no space left/);
    assertEquals(fs.readdirSync(small.path), []);
  },
});
