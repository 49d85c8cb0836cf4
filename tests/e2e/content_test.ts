// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertGreater, assertLess, assertLessOrEqual } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import { assertSummary, type SummaryJson } from "../outcome.ts";
import { run } from "../program.ts";
import { concat, equalBytes, someBytes, Workspace } from "../workspace.ts";

const A = someBytes(600_000, 1);
const EMPTY = new Uint8Array(0);

/** What the summary must have, by issue and design; more is allowed. */
const KEYS =
  ("type schema scheme mode threads hw_requested hw_client hw_server old_bytes new_bytes " +
    "wire_up_bytes wire_down_bytes copied_bytes literal_bytes zero_bytes copies chunks_new chunks_matched " +
    "elapsed_ms rtt_ms stages digest digest_kind verified target").split(" ");

function number(summary: SummaryJson, key: string): number {
  const value = summary[key];
  assert(typeof value === "number" && value >= 0, `${key} is ${value}`);
  return value;
}

/** What must hold for the numbers of every sync of files without holes. */
function assertAddsUp(summary: SummaryJson, old: Uint8Array, content: Uint8Array): void {
  for (const key of KEYS) assert(key in summary, `${key} is missing`);
  const [copied, literal] = [number(summary, "copied_bytes"), number(summary, "literal_bytes")];
  assertEquals([summary.old_bytes, summary.new_bytes], [old.length, content.length]);
  assertEquals(copied + literal + number(summary, "zero_bytes"), content.length);
  assert(number(summary, "chunks_matched") <= number(summary, "chunks_new"));
  assertGreater(number(summary, "wire_up_bytes"), literal - 1);
  assertEquals(number(summary, "copies") > 0, copied > 0);
  assertEquals([summary.verified, summary.digest_kind], [true, "session"]);
  assert(/^[0-9a-f]{64}$/.test(summary.digest));
  const elapsed = number(summary, "elapsed_ms");
  for (const [stage, ms] of Object.entries(summary.stages)) {
    assert(ms >= 0 && ms <= elapsed + 1000, `${stage} took ${ms} of ${elapsed} ms`);
  }
}

const PAIRS: Record<string, readonly [old: Uint8Array, content: Uint8Array]> = {
  "an empty old file": [EMPTY, A],
  "an empty new file": [A, EMPTY],
  "two empty files": [EMPTY, EMPTY],
  "identical files": [A, A],
  "files with nothing in common": [A, someBytes(500_000, 2)],
  "an insertion": [A, concat(A.subarray(0, 99_999), someBytes(12_345, 3), A.subarray(99_999))],
  "a deletion": [A, concat(A.subarray(0, 100_000), A.subarray(200_000))],
  "a changed byte": [A, A.map((byte, at) => at === 300_000 ? byte ^ 1 : byte)],
  "swapped halves": [A, concat(A.subarray(300_000), A.subarray(0, 300_000))],
  "a file repeated": [A, concat(A, A, A)],
  "a single byte": [A, A.subarray(0, 1)],
  "less than the least chunk": [A.subarray(0, 100), A.subarray(0, 4095)],
  "zeros within": [A, concat(A.subarray(0, 50_000), new Uint8Array(70_000), A.subarray(50_000))],
  "a short period": [new Uint8Array(400_000).fill(7), new Uint8Array(500_000).fill(7)],
};

for (const [name, [old, content]] of Object.entries(PAIRS)) {
  Deno.test(`push and its summary are right for ${name}`, async () => {
    await using space = new Workspace();
    space.old("a", old);
    const server = await space.serve();
    const args = ["push", space.new(content), `${server.url}/a`, "--json"];
    const summary = assertSummary(await run(args));
    await space.untouched("a", content);
    assertAddsUp(summary, old, content);
    if (old === content && old.length > 0) {
      assertEquals([summary.literal_bytes, summary.chunks_matched], [0, summary.chunks_new]);
    }
  });
}

Deno.test("push gives the same bytes, delta and digest for every hw and thread count at either end", async () => {
  await using space = new Workspace();
  // Long enough for more than one worker at either end.
  const old = someBytes(9_000_000, 4);
  const content = concat(
    old.subarray(5_000_000),
    someBytes(300_000, 5),
    old.subarray(0, 5_000_000),
  );
  const file = space.new(content);
  const seen: unknown[] = [];
  for (const serverHw of ["0", "auto"]) {
    const server = await space.serve([`--hw=${serverHw}`, "--threads=8"]);
    for (const [threads, hw] of [["1", "0"], ["2", "1"], ["8", "auto"]]) {
      space.old("a", old);
      const flags = [`--threads=${threads}`, `--hw=${hw}`, "--json", "--log-level=error"];
      const summary = assertSummary(await run(["push", file, `${server.url}/a`, ...flags]));
      await space.untouched("a", content);
      assertAddsUp(summary, old, content);
      assertLessOrEqual(number(summary, "threads"), Number(threads));
      assertEquals(summary.hw_requested, hw);
      if (serverHw === "0") assertEquals(summary.hw_server, "portable");
      if (hw === "0") assertEquals(summary.hw_client, "portable");
      seen.push([summary.digest, summary.literal_bytes, summary.copies, summary.chunks_matched]);
    }
  }
  for (const each of seen) assertEquals(each, seen[0]);
});

Deno.test("push --chunk-size cuts finer and so sends fewer literals", async () => {
  await using space = new Workspace();
  const old = someBytes(1_000_000, 6);
  const content = old.slice();
  for (let at = 50_000; at < content.length; at += 100_000) content[at]! ^= 0xff;
  const server = await space.serve();
  const literals: number[] = [];
  for (const sizes of ["auto", "512:1KiB:2k", "64KiB:128KiB:256KiB"]) {
    space.old("a", old);
    const flags = [`--chunk-size=${sizes}`, "--json"];
    const summary = assertSummary(
      await run(["push", space.new(content), `${server.url}/a`, ...flags]),
    );
    await space.untouched("a", content);
    literals.push(number(summary, "literal_bytes"));
  }
  const [standard, fine, coarse] = literals as [number, number, number];
  assertLess(fine, standard);
  assertLess(standard, coarse);
});

Deno.test("push keeps the holes of a sparse file and sends nothing for them", async () => {
  await using space = new Workspace();
  // Above what a client does without workers.
  const size = 300 << 20;
  const file = join(space.path, "sparse");
  const [head, tail] = [someBytes(50_000, 7), someBytes(60_000, 8)];
  const fd = fs.openSync(file, "w");
  fs.writeSync(fd, head, 0, head.length, 0);
  fs.writeSync(fd, tail, 0, tail.length, size - tail.length);
  fs.closeSync(fd);
  space.old("a", head);
  const server = await space.serve();
  const summary = assertSummary(
    await run(["push", file, `${server.url}/a`, "--json", "--threads=2"]),
  );
  assertEquals(summary.threads, 2);
  const stat = fs.statSync(join(space.root, "a"));
  assertEquals(stat.size, size);
  assertLess(stat.blocks * 512, 2 << 20);
  assertLess(number(summary, "wire_up_bytes"), 1 << 20);
  const result = fs.openSync(join(space.root, "a"), "r");
  const ends = new Uint8Array(tail.length);
  fs.readSync(result, ends, 0, head.length, 0);
  assert(equalBytes(ends.subarray(0, head.length), head));
  fs.readSync(result, ends, 0, tail.length, size - tail.length);
  assert(equalBytes(ends, tail));
  fs.closeSync(result);
});

Deno.test("push accounts for every byte of a sparse file in its summary", async () => {
  await using space = new Workspace();
  const content = concat(someBytes(50_000, 7), new Uint8Array(4 << 20), someBytes(10, 8));
  const server = await space.serve();
  const summary = assertSummary(
    await run(["push", space.new(content), `${server.url}/a`, "--json"]),
  );
  assertAddsUp(summary, EMPTY, content);
});
