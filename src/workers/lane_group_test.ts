// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertRejects } from "@std/assert";
import fs from "node:fs";
import { DATA_KINDS, dataOf } from "../../tests/fixtures/data_kinds.ts";
import { CandidateOracle } from "../../tests/fixtures/rule_k_oracle.ts";
import { numbers, randomBytes } from "../../tests/fixtures/seeded.ts";
import { HookedLane, referenceOf, TestLanes } from "../../tests/fixtures/test_lanes.ts";
import { BLOCK_BYTES, type ChunkParameters } from "../chunking/parameters.ts";
import { cutsOf } from "../chunking/rule_k.ts";
import { ParasyncError } from "../errors.ts";
import { TestFolder } from "../files/test_folder.ts";
import { type HardwareChoice, STRONG_BYTES } from "../hashing/backend.ts";
import { openBackend } from "../hashing/select.ts";
import { NATIVE_AVAILABLE } from "../hashing/test_backends.ts";
import { BLOCK_KINDS, joined, type Match, tableOf } from "../matching/test_blocks.ts";
import type { FileReference, Job } from "./jobs.ts";
import { LaneGroup } from "./lane_group.ts";
import { InlineLane } from "./lane_handle.ts";

const USUAL: ChunkParameters = { min: 4096, avg: 8192, max: 12288 };
const KIB = 1024;

/** Sizes far apart: the shortest, the usual and the longest chunks. */
const PARAMETERS: readonly ChunkParameters[] = [
  { min: 64, avg: 64, max: 128 },
  { min: 256, avg: 512, max: 1024 },
  USUAL,
  { min: 8192, avg: 64, max: 8193 },
  { min: 64 * KIB, avg: 128 * KIB, max: 256 * KIB },
  { min: 512 * KIB, avg: 512 * KIB, max: 1024 * KIB },
];

/** What a group makes of a file, all blocks in one. */
interface Chunked {
  readonly ends: number[];
  readonly weaks: number[];
  readonly segments: number[];
  /** Which chunks are said to be zeros of the greatest length. */
  readonly zeros: number[];
}

async function chunked(
  group: LaneGroup,
  file: FileReference,
  parameters: ChunkParameters,
  withSegments = false,
): Promise<Chunked> {
  const found: Chunked = { ends: [], weaks: [], segments: [], zeros: [] };
  let end = 0;
  let blocks = 0;
  await group.chunk(file, parameters, withSegments, ({ block, lengths, weaks, zeros, segment }) => {
    assertEquals(block, blocks++);
    assertEquals(segment === null, !withSegments);
    for (const i of zeros) found.zeros.push(found.ends.length + i);
    for (const length of lengths) found.ends.push(end += length);
    found.weaks.push(...weaks);
    if (segment !== null) found.segments.push(...segment);
  });
  return found;
}

/** Tens of thousands of numbers take assertEquals long; the first difference says enough. */
function assertSame(found: readonly number[], expected: readonly number[], about: string): void {
  const at = found.findIndex((value, i) => value !== expected[i]);
  assertEquals([at, found[at]], [-1, undefined], `${about}: ${expected[at]} expected at ${at}`);
  assertEquals(found.length, expected.length, about);
}

async function segmentsOf(bytes: Uint8Array): Promise<number[]> {
  const { backend } = await openBackend("0");
  const digest = new Uint8Array(STRONG_BYTES);
  const segments: number[] = [];
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
    backend.strong(bytes, at, Math.min(at + BLOCK_BYTES, bytes.length), digest, 0);
    segments.push(...digest);
  }
  return segments;
}

Deno.test("the oracle of these tests says what rule K's definition says", () => {
  const next = numbers(11);
  for (const kind of DATA_KINDS) {
    const bytes = dataOf(kind, 20_000 + next(9000), next);
    const oracle = new CandidateOracle(bytes);
    for (const parameters of [...PARAMETERS, { min: 64, avg: 2 ** 17, max: 2 ** 18 }]) {
      assertEquals(oracle.chunks(parameters).ends, cutsOf(bytes, parameters), kind);
    }
  }
});

Deno.test("cuts, checksums and segments are rule K's at every edge of every size", async () => {
  using folder = new TestFolder();
  using lanes = new TestLanes(2, 2);
  const next = numbers(12);
  const group = lanes.group(2);
  for (const kind of DATA_KINDS) {
    const all = dataOf(kind, 2 * BLOCK_BYTES + 1, next);
    const oracle = new CandidateOracle(all);
    for (const parameters of PARAMETERS) {
      const { min, avg, max } = parameters;
      const sizes = [0, 1, 47, 48, 63, 64, min - 1, min, min + 1, avg, max - 1, max, max + 1];
      sizes.push(2 * max, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 2 * BLOCK_BYTES + 1);
      // The longest files are told apart by few parameters; all of them would take too long.
      const few = parameters === USUAL || max > 65536;
      for (const size of new Set(sizes.filter((size) => few || size < BLOCK_BYTES))) {
        const bytes = all.subarray(0, size);
        const file = referenceOf(folder.write(`${kind} ${max} ${size}`, bytes));
        const found = await chunked(group, file, parameters, size < 300_000);
        const expected = oracle.chunks(parameters, size);
        const about = `${kind}, ${size} bytes by ${max}`;
        assertSame(found.ends, expected.ends, about);
        assertSame(found.weaks, expected.weaks, about);
        if (size < 300_000) assertSame(found.segments, await segmentsOf(bytes), about);
        await group.release([file]);
        fs.unlinkSync(file.path);
      }
    }
  }
});

Deno.test("one to sixteen lanes in threads of their own chunk alike", async () => {
  using folder = new TestFolder();
  using lanes = new TestLanes(17);
  const next = numbers(13);
  for (const kind of [...DATA_KINDS, "executable"] as const) {
    const size = 4 * BLOCK_BYTES + next(BLOCK_BYTES);
    const bytes = kind === "executable" ? firstBytes(Deno.execPath(), 8 * BLOCK_BYTES) : dataOf(
      kind,
      size,
      next,
    );
    const file = referenceOf(folder.write(kind, bytes));
    const oracle = new CandidateOracle(bytes);
    const segments = await segmentsOf(bytes);
    for (let count = 1; count <= 16; count++) {
      const parameters = PARAMETERS[count % PARAMETERS.length]!;
      const expected = oracle.chunks(parameters);
      // With and without this thread among the lanes.
      const group = new LaneGroup(lanes.take(17).slice(count % 2, count + count % 2), "0");
      const found = await chunked(group, file, parameters, count % 4 === 0);
      const about = `${kind} by ${parameters.max} on ${count} lanes`;
      assertSame(found.ends, expected.ends, about);
      assertSame(found.weaks, expected.weaks, about);
      if (count % 4 === 0) assertSame(found.segments, segments, about);
    }
  }
});

Deno.test("chunks of the greatest length that are all zeros are told, and no others", async () => {
  using folder = new TestFolder();
  using lanes = new TestLanes(4);
  const bytes = new Uint8Array(4 * BLOCK_BYTES + 5);
  // All is zero but a few bytes: in the middle, at a block's edge, and at the end.
  for (const at of [700_000, BLOCK_BYTES - 1, 2 * BLOCK_BYTES, bytes.length - 1]) bytes[at] = 1;
  const file = referenceOf(folder.write("file", bytes));
  for (let count = 1; count <= 4; count++) {
    const { ends, zeros } = await chunked(lanes.group(count), file, USUAL);
    const expected = ends.flatMap((end, i) => {
      const chunk = bytes.subarray(ends[i - 1] ?? 0, end);
      return chunk.length === USUAL.max && chunk.every((byte) => byte === 0) ? [i] : [];
    });
    assert(expected.length > 300);
    assertEquals(zeros, expected);
  }
});

Deno.test({
  name: NATIVE_AVAILABLE
    ? "native and portable lanes in one group chunk alike"
    : "native and portable lanes in one group chunk alike (skipped: no native libraries here)",
  ignore: !NATIVE_AVAILABLE,
  fn: async () => {
    using folder = new TestFolder();
    using lanes = new TestLanes(3);
    const bytes = dataOf("mixed", 5 * BLOCK_BYTES + 77, numbers(14));
    const file = referenceOf(folder.write("file", bytes));
    const portable = await chunked(lanes.group(3, "0"), file, USUAL, true);
    for (const hw of ["1", "auto", "require"] satisfies HardwareChoice[]) {
      assertEquals(await chunked(lanes.group(3, hw), file, USUAL, true), portable);
    }
    assertEquals(portable.segments, await segmentsOf(bytes));
  },
});

Deno.test("several files are chunked by the same lanes at the same time", async () => {
  using folder = new TestFolder();
  using lanes = new TestLanes(3, 0);
  const next = numbers(15);
  const group = lanes.group(3);
  await Promise.all(Array.from({ length: 5 }, async (_, i) => {
    const bytes = dataOf("mixed", (1 + i) * BLOCK_BYTES + next(1000), next);
    const file = referenceOf(folder.write(`file ${i}`, bytes));
    const found = await chunked(group, file, USUAL);
    assertEquals(found.ends, new CandidateOracle(bytes).chunks(USUAL).ends);
  }));
});

Deno.test("a file that shrinks while it is chunked ends the work; the lanes live on", async () => {
  using folder = new TestFolder();
  using lanes = new TestLanes(3);
  const group = lanes.group(3);
  const path = folder.write("file", randomBytes(numbers(16), 24 * BLOCK_BYTES));
  const file = referenceOf(path);
  const error = await assertRejects(
    () => group.chunk(file, USUAL, false, () => fs.truncateSync(path, 1000)),
    ParasyncError,
  );
  assertEquals(error.code, "changed");
  await group.release([file]);
  fs.truncateSync(path, 2 * BLOCK_BYTES);
  assertEquals((await chunked(group, referenceOf(path), USUAL)).ends.at(-1), 2 * BLOCK_BYTES);
});

Deno.test("a file that is another by the time a lane opens it is refused", async () => {
  using folder = new TestFolder();
  using lanes = new TestLanes(2);
  const path = folder.write("file", randomBytes(numbers(17), 3 * BLOCK_BYTES));
  const file = referenceOf(path);
  fs.truncateSync(path, 2 * BLOCK_BYTES);
  for (const group of [lanes.group(1), lanes.group(2)]) {
    const error = await assertRejects(() => chunked(group, file, USUAL), ParasyncError);
    assertEquals(error.code, "changed");
  }
  fs.unlinkSync(path);
  const error = await assertRejects(() => chunked(lanes.group(2), file, USUAL), ParasyncError);
  assertEquals(error.code, "not_found");
});

Deno.test("an aborted signal stops lanes in all threads; the lanes live on", async () => {
  using folder = new TestFolder();
  using lanes = new TestLanes(3);
  const group = lanes.group(3);
  const file = referenceOf(folder.write("file", randomBytes(numbers(18), 24 * BLOCK_BYTES)));
  const stop = new AbortController();
  const blocks: number[] = [];
  const error = await assertRejects(
    () =>
      group.chunk(file, USUAL, false, ({ block }) => {
        blocks.push(block);
        if (block === 3) stop.abort(new ParasyncError("interrupted", "Cannot go on: stopped"));
      }, stop.signal),
    ParasyncError,
    "stopped",
  );
  assertEquals(error.code, "interrupted");
  assert(blocks.length < 24, "it was stopped before its end");
  assertEquals((await chunked(group, file, USUAL)).ends.at(-1), file.size);
});

Deno.test("a scan that fails, whichever it is, ends the other lanes' work", async () => {
  using folder = new TestFolder();
  using lanes = new TestLanes(3, 0);
  const file = referenceOf(folder.write("file", randomBytes(numbers(19), 8 * BLOCK_BYTES)));
  for (let failing = 0; failing < 8; failing += 2) {
    let scans = 0;
    const before = ({ kind }: Job): void => {
      if (kind === "scan" && scans++ === failing) throw new RangeError(`scan ${failing}`);
    };
    const group = new LaneGroup(lanes.take(3).map((lane) => new HookedLane(lane, { before })), "0");
    await assertRejects(() => chunked(group, file, USUAL), RangeError, `scan ${failing}`);
  }
  assertEquals((await chunked(lanes.group(3), file, USUAL)).ends.at(-1), file.size);
});

Deno.test("a job goes to a lane that is ready, and of those to the least busy one", async () => {
  const asked: string[] = [];
  const lane = (name: string, ready: boolean, load: number): HookedLane => {
    const inline = new InlineLane();
    Object.defineProperties(inline, {
      ready: { value: ready },
      load: { value: load, writable: true },
    });
    return new HookedLane(inline, { before: () => asked.push(name) });
  };
  const group = new LaneGroup([
    lane("starting", false, 0),
    lane("busy", true, 5),
    lane("idle", true, 1),
  ], "0");
  await group.run({ kind: "prepare", hw: "0" });
  const starting = new LaneGroup([lane("fuller", false, 2), lane("emptier", false, 1)], "0");
  await starting.run({ kind: "prepare", hw: "0" });
  assertEquals(asked, ["idle", "emptier"]);
  assertEquals([group.threads, group.depth], [3, 3]);
});

/** A file's blocks, all in one. */
async function signed(group: LaneGroup, file: FileReference, block: number): Promise<number[][]> {
  const [weaks, strong]: [number[], number[]] = [[], []];
  await group.sign(file, block, { weak: "rollsum", strong: "md4" }, (first, sums) => {
    assertEquals(first, weaks.length, "blocks follow each other");
    weaks.push(...sums.weaks);
    strong.push(...sums.strong);
  });
  return [weaks, strong];
}

Deno.test("one to four lanes sign alike, in the file's order, blocks of any size", async () => {
  using folder = new TestFolder();
  using lanes = new TestLanes(4);
  const bytes = randomBytes(numbers(21), 4 * BLOCK_BYTES + 12_345);
  const file = referenceOf(folder.write("file", bytes));
  for (const block of [1000, 8192, 600_000, BLOCK_BYTES]) {
    const [weaks, strong] = await signed(lanes.group(1), file, block) as [number[], number[]];
    const count = Math.ceil(bytes.length / block);
    assertEquals([weaks.length, strong.length], [count, 16 * count]);
    for (let threads = 2; threads <= 4; threads++) {
      const [others, otherStrong] = await signed(lanes.group(threads), file, block);
      assertSame(others!, weaks, `${threads} lanes, blocks of ${block}`);
      assertSame(otherStrong!, strong, `${threads} lanes, blocks of ${block}`);
    }
  }
});

Deno.test("no more blocks are signed than are under way while those before are not taken", async () => {
  using folder = new TestFolder();
  using lanes = new TestLanes(1);
  const file = referenceOf(folder.write("file", new Uint8Array(6 * BLOCK_BYTES)));
  let jobs = 0;
  const [lane] = lanes.take(1).map((lane) => new HookedLane(lane, { before: () => jobs++ }));
  const group = new LaneGroup([lane!], "0");
  const seen: number[] = [];
  await group.sign(file, BLOCK_BYTES, { weak: "crc32", strong: "sha256" }, async () => {
    await new Promise((resolve) => setTimeout(resolve));
    seen.push(jobs);
  });
  assertEquals(seen, [1, 2, 3, 4, 5, 6]);
});

Deno.test("a job that fails ends signing and searching with its failure", async () => {
  using folder = new TestFolder();
  using lanes = new TestLanes(3, 0);
  const file = referenceOf(folder.write("file", randomBytes(numbers(22), 6 * BLOCK_BYTES)));
  const table = await tableOf(randomBytes(numbers(23), 8192), 4096, BLOCK_KINDS[2]!);
  for (const failing of [0, 3, 5]) {
    let jobs = 0;
    const before = (): void => {
      if (jobs++ === failing) throw new RangeError(`job ${failing}`);
    };
    const group = new LaneGroup(lanes.take(3).map((lane) => new HookedLane(lane, { before })), "0");
    await assertRejects(() => signed(group, file, 8192), RangeError, `job ${failing}`);
    jobs = 0;
    const options = { from: 0, withSegments: false };
    await assertRejects(
      () => group.search(file, table, options, () => {}),
      RangeError,
      `job ${failing}`,
    );
  }
});

Deno.test("an aborted signal ends signing and searching", async () => {
  using folder = new TestFolder();
  using lanes = new TestLanes(2);
  const group = lanes.group(2);
  const file = referenceOf(folder.write("file", randomBytes(numbers(24), 12 * BLOCK_BYTES)));
  const table = await tableOf(randomBytes(numbers(25), 8192), 4096, BLOCK_KINDS[2]!);
  const sums = { weak: "crc32", strong: "sha256" } as const;
  for (const after of [1, 12]) {
    const works = [
      (taken: () => void, signal: AbortSignal) =>
        group.sign(file, BLOCK_BYTES, sums, taken, signal),
      (taken: () => void, signal: AbortSignal) =>
        group.search(file, table, { from: 0, withSegments: true }, taken, signal),
    ];
    for (const work of works) {
      const stop = new AbortController();
      let taken = 0;
      const done = work(() => {
        if (++taken === after) {
          stop.abort(new ParasyncError("interrupted", "Cannot go on: stopped"));
        }
      }, stop.signal);
      // What is aborted with the last piece has been done.
      if (after === 12) await done;
      else await assertRejects(() => done, ParasyncError, "stopped");
      assertEquals(taken, after);
    }
  }
});

Deno.test("one to four lanes search alike", async () => {
  using folder = new TestFolder();
  using lanes = new TestLanes(4);
  const next = numbers(26);
  const basis = randomBytes(next, 3 * BLOCK_BYTES);
  const bytes = new Uint8Array(3 * BLOCK_BYTES + 777);
  bytes.set(basis, 777);
  const file = referenceOf(folder.write("file", bytes));
  for (const kinds of BLOCK_KINDS) {
    const table = await tableOf(basis, 8192, kinds);
    for (let threads = 1; threads <= 4; threads++) {
      const found: (readonly number[])[] = [];
      const segments: number[] = [];
      await lanes.group(threads).search(file, table, { from: 0, withSegments: true }, (matches) => {
        matches.targets.forEach((target, i) =>
          found.push([target, matches.places[i]!, matches.lengths[i]!])
        );
        segments.push(...matches.segment!);
      });
      assertEquals(joined(found as Match[]), [[777, 0, basis.length]], `${threads} lanes`);
      assertSame(segments, await segmentsOf(bytes), `${threads} lanes`);
    }
  }
});

function firstBytes(path: string, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  const fd = fs.openSync(path, "r");
  try {
    return bytes.subarray(0, fs.readSync(fd, bytes, 0, length, 0));
  } finally {
    fs.closeSync(fd);
  }
}
