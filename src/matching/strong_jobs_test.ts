// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertRejects } from "@std/assert";
import { DescribedList } from "../../tests/fixtures/chunk_lists.ts";
import { numbers } from "../../tests/fixtures/seeded.ts";
import { ParasyncError } from "../errors.ts";
import { STRONG_WORDS } from "./candidates.ts";
import { endedByFailure, hashInSlices, JOB_BYTES, jobsOf, strongOf } from "./strong_jobs.ts";
import { HeldHasher, settled, unlikeChunks } from "./test_client.ts";

Deno.test("jobs are the column, cut where they have reached their size", () => {
  const next = numbers(131);
  const list = new DescribedList(
    Array.from(
      { length: 2000 },
      (_, i) => ({ content: `${i}`, weak: i, length: 1 + next(1 << 17) }),
    ),
  );
  const column = Uint32Array.from({ length: 3000 }, () => next(2000));
  const jobs = [...jobsOf(list.chunks, column)];
  assertEquals(jobs.flatMap((job) => [...job]), [...column]);
  jobs.forEach((job, i) => {
    const lengths = Array.from(job, (chunk) => list.chunks.lengths[chunk]!);
    const bytes = lengths.reduce((sum, length) => sum + length, 0);
    assert(bytes - lengths.at(-1)! < JOB_BYTES);
    assert(bytes >= JOB_BYTES || i === jobs.length - 1);
  });
  assertEquals([...jobsOf(list.chunks, new Uint32Array(0))], []);
});

Deno.test("slices are hashed beside each other, the jobs of each one after another", async () => {
  const list = new DescribedList(unlikeChunks(6, JOB_BYTES));
  const hasher = new HeldHasher();
  const told: [number, number, number[]][] = [];
  const whole = await strongOf(list.chunks, Uint32Array.of(0, 1, 2, 3, 4, 5), list.hash);
  const done = hashInSlices(
    list.chunks,
    [Uint32Array.of(5, 4), Uint32Array.of(0)],
    hasher.through(list.hash),
    (slice, first, chunks, strong) => {
      told.push([slice, first, [...chunks]]);
      const [chunk] = chunks;
      assertEquals(strong, whole.slice(chunk! * STRONG_WORDS, (chunk! + 1) * STRONG_WORDS));
    },
  );
  assertEquals(hasher.calls, [[5 * JOB_BYTES], [0]]);
  await hasher.answerAll();
  await done;
  assertEquals(told, [[0, 0, [5]], [1, 0, [0]], [0, 1, [4]]]);
});

Deno.test("after a failure nothing is hashed any more", async () => {
  const list = new DescribedList(unlikeChunks(4, 10));
  let calls = 0;
  const hash = endedByFailure((offsets, lengths) => {
    if (++calls === 2) throw new ParasyncError("changed", "Cannot read the file");
    return list.hash(offsets, lengths);
  });
  await strongOf(list.chunks, Uint32Array.of(0), hash);
  for (let i = 0; i < 3; i++) {
    await assertRejects(
      () => strongOf(list.chunks, Uint32Array.of(i), hash),
      ParasyncError,
      "Cannot read the file",
    );
  }
  await settled();
  assertEquals(calls, 2);
});
