// @ts-types="../src/types/std_assert.d.ts"
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import fs from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { ParasyncError } from "../src/errors.ts";
import { TestFolder } from "../src/files/test_folder.ts";
import { makePair, recipeOf, RECIPES } from "./pairs.ts";
import { RandomBytes, RandomNumbers } from "./random_bytes.ts";

/** CRC-32 of the old and the new file: figures of different versions are to be of the same files. */
const CHECKSUMS: Record<string, readonly number[]> = {
  "insert8-2m": [0xf95160ba, 0x9efd4e14],
  "pages-2m": [0xf95160ba, 0x64381a76],
  "scatter-2m": [0xf95160ba, 0xff385744],
  "same-2m": [0xf95160ba, 0xf95160ba],
  "differ-2m": [0xf95160ba, 0xa529e6e9],
  "text-2m": [0x861323df, 0xf680f2ff],
  "csv-2m": [0x3c34ae79, 0xf2cbeb9f],
  "listing-2m": [0xe85dcf50, 0x55c15ca2],
  "sparse-2m": [0x8366dfb7, 0x5464ca9e],
};

Deno.test("random bytes are the same for any way to read them", () => {
  const whole = new Uint8Array(3 << 20);
  new RandomBytes("seed").read(whole, 0);
  const source = new RandomBytes("seed");
  const numbers = new RandomNumbers("reads");
  for (let i = 0; i < 200; i++) {
    const begin = numbers.below(whole.length);
    const part = new Uint8Array(numbers.below(whole.length - begin));
    source.read(part, begin);
    assertEquals(Buffer.compare(part, whole.subarray(begin, begin + part.length)), 0);
  }
  const other = new Uint8Array(1 << 20);
  new RandomBytes("seed 2").read(other, 0);
  assert(other.some((byte, i) => byte !== whole[i]));
});

Deno.test("random numbers begin anew for every use and fill their range", () => {
  const numbers = new RandomNumbers("n");
  const [first, second] = [numbers.restart(7).below(1e9), numbers.below(1e9)];
  assertEquals([numbers.restart(7).below(1e9), numbers.below(1e9)], [first, second]);
  const seen = new Set(Array.from({ length: 500 }, () => numbers.below(10)));
  assertEquals([...seen].sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

Deno.test("pairs are the same on every machine and in every version", async () => {
  using folder = new TestFolder();
  const found: Record<string, readonly number[]> = {};
  for (const kind of Object.keys(RECIPES)) {
    const name = `${kind}-2m`;
    const { oldFile, newFile } = await makePair(folder.path, name);
    found[name] = [crc32(fs.readFileSync(oldFile)), crc32(fs.readFileSync(newFile))];
  }
  assertEquals(found, CHECKSUMS);
});

Deno.test("an inserted pair is the old file with 8 MiB in its middle", async () => {
  using folder = new TestFolder();
  const { oldFile, newFile, newBytes } = await makePair(folder.path, "insert8-2m");
  const [before, after] = [fs.readFileSync(oldFile), fs.readFileSync(newFile)];
  assertEquals([before.length, newBytes], [2 << 20, 10 << 20]);
  const rest = Buffer.concat([after.subarray(0, 1 << 20), after.subarray(9 << 20)]);
  assertEquals(Buffer.compare(rest, before), 0);
});

Deno.test("a pair that is there is kept, and one that was interrupted leaves nothing", async () => {
  using folder = new TestFolder();
  fs.writeFileSync(join(folder.path, "same-1m.old"), "mine");
  assertEquals((await makePair(folder.path, "same-1m")).oldBytes, 4);
  const reason = new ParasyncError("interrupted", "Cannot go on: interrupted by a test");
  await assertRejects(
    () => makePair(folder.join("other"), "same-8m", AbortSignal.abort(reason)),
    ParasyncError,
    "interrupted by a test",
  );
  assertEquals(fs.readdirSync(folder.join("other")), []);
});

Deno.test("a pair's name is a kind with a size or without", () => {
  assertEquals(recipeOf("sparse-10g").bytes, 10 * 2 ** 30);
  assertEquals(recipeOf("insert8-1g").bytes, 2 ** 30);
  assertEquals(recipeOf("insert8").bytes, 100 << 20);
  for (const name of ["", "insert", "insert8-", "insert8-1t", "toString", "same-1g-1g"]) {
    assertThrows(() => recipeOf(name), ParasyncError, "the kinds are insert8");
  }
});
