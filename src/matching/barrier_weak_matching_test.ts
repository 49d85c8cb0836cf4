// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Described, DescribedList } from "../../tests/fixtures/chunk_lists.ts";
import { numbers } from "../../tests/fixtures/seeded.ts";
import { ParasyncError } from "../errors.ts";
import { matchByCount, matchByKeys, type WholeMatching } from "./barrier_weak_matching.ts";
import { joinedCandidates, STRONG_WORDS } from "./candidates.ts";
import { JOB_BYTES } from "./strong_jobs.ts";
import { HeldHasher, settled, someChunks, unlikeChunks } from "./test_client.ts";
import { CANDIDATES_PER_KEY, WeakIndex } from "./weak_index.ts";
import { type KeyBatch, WeakMatcher } from "./weak_matcher.ts";

const WAYS = { matchByCount, matchByKeys };

function matcherOf(basis: DescribedList): WeakMatcher {
  const index = new WeakIndex(basis.chunks, basis.chunks.count);
  index.extend();
  return new WeakMatcher(basis.chunks, index);
}

/** Keys as a client sends them, `size` in a batch. */
function batchesOf(keys: readonly Omit<Described, "content">[], size: number): KeyBatch[] {
  const batches: KeyBatch[] = [];
  for (let first = 0; first < keys.length; first += size) {
    const some = keys.slice(first, first + size);
    batches.push({
      first,
      weaks: Uint32Array.from(some, ({ weak }) => weak),
      lengths: some.map(({ length }) => length),
      found: new Uint8Array(Math.ceil(some.length / 8)),
    });
  }
  return batches;
}

function matchingOf(
  basis: DescribedList,
  keys: readonly Omit<Described, "content">[],
  options: Partial<WholeMatching> = {},
): WholeMatching {
  const batches = batchesOf(keys, 5);
  return { batches, matcher: matcherOf(basis), hash: basis.hash, threads: 1, ...options };
}

Deno.test("the answer is that of looking keys up one by one, for any number of threads", async () => {
  const next = numbers(101);
  for (let round = 0; round < 20; round++) {
    const basis = new DescribedList(someChunks(next, next(200)));
    const keys = Array.from({ length: 21 }, (_, i) => ({ weak: i % 8, length: 99 + i % 5 }));
    const one = matcherOf(basis);
    const expected = [];
    for (const batch of batchesOf(keys, 1)) {
      for (const job of one.look(batch)) expected.push(await one.confirm(job, basis.hash));
    }
    for (const match of Object.values(WAYS)) {
      for (const threads of [1, 2, 3, 8, 16]) {
        const matching = matchingOf(basis, keys, { threads });
        assertEquals(
          joinedCandidates(await match(matching)),
          joinedCandidates(expected),
        );
        const found = matching.batches.flatMap(({ weaks, found }) =>
          Array.from(weaks, (_, i) =>
            (found[i >> 3]! >> (i & 7)) & 1)
        ).filter((bit) => bit === 1).length;
        assertEquals(found, one.found);
      }
    }
  }
});

Deno.test("by count each thread has as many chunks, by keys as many keys of the client's list", async () => {
  // Of keys 0 to 3 the basis has four chunks each, of keys 4 to 11 one.
  const keys = Array.from({ length: 12 }, (_, i) => ({ weak: i, length: 10 }));
  const basis = new DescribedList(
    keys.flatMap(({ weak, length }) =>
      Array.from(
        { length: weak < 4 ? 4 : 1 },
        (_, i) => ({ content: `${weak} ${i}`, weak, length }),
      )
    ),
  );
  for (
    const [way, expected] of [["matchByCount", [8, 8, 8]], ["matchByKeys", [16, 4, 4]]] as const
  ) {
    const hasher = new HeldHasher();
    const hash = hasher.through(basis.hash);
    const answer = WAYS[way](matchingOf(basis, keys, { threads: 3, hash }));
    await settled();
    assertEquals(hasher.calls.map(({ length }) => length), [...expected]);
    await hasher.answerAll();
    assertEquals((await answer)[0]!.keys.length, 24);
  }
});

Deno.test("a list has at most 4096 keys, and all candidates of a key are in one", async () => {
  const keys = unlikeChunks(9000, 10);
  const basis = new DescribedList(
    keys.flatMap((key, i) => i % 3 === 0 ? [key, { ...key, content: `other ${i}` }] : [key]),
  );
  for (const match of Object.values(WAYS)) {
    const lists = await match(matchingOf(basis, keys, { threads: 2 }));
    assertEquals(lists.map(({ keys }) => new Set(keys).size), [4096, 4096, 808]);
    assertEquals(lists.map(({ keys }) => keys[0]), [0, 4096, 8192]);
    for (const { keys, strong } of lists) assertEquals(strong.length, keys.length * STRONG_WORDS);
  }
});

Deno.test("thousands of equal chunks are hashed a few times, others once, in short jobs", async () => {
  const zeros: Described = { content: "zeros", weak: 0, length: 12288 };
  const keys = [zeros, ...unlikeChunks(2000, 12000)];
  for (const match of Object.values(WAYS)) {
    const basis = new DescribedList([...new Array(5000).fill(zeros), ...keys]);
    const jobs: number[] = [];
    const lists = await match(matchingOf(basis, keys, {
      threads: 3,
      hash: (offsets, lengths) => {
        jobs.push(lengths.reduce((sum, length) => sum + length, 0));
        return basis.hash(offsets, lengths);
      },
    }));
    assertEquals(basis.hashedChunks, CANDIDATES_PER_KEY + 2000);
    assertEquals(lists[0]!.keys.length, 2001);
    assert(Math.max(...jobs) < JOB_BYTES + 12288);
    assert(jobs.length <= 2004 * 12288 / JOB_BYTES + 3);
  }
});

Deno.test("where the client has no keys, or the basis none of them, the answer is empty", async () => {
  const basis = new DescribedList(unlikeChunks(3, 10));
  for (const match of Object.values(WAYS)) {
    assertEquals(await match(matchingOf(basis, [], { threads: 4 })), []);
    assertEquals(await match(matchingOf(basis, [{ weak: 9, length: 10 }])), []);
    assertEquals(await match(matchingOf(new DescribedList(), unlikeChunks(3, 10))), []);
  }
});

Deno.test("a key sent twice is refused, and what hashing fails with is passed on and ends it", async () => {
  const basis = new DescribedList(unlikeChunks(3000, 3000));
  for (const match of Object.values(WAYS)) {
    const twice = matchingOf(basis, [...unlikeChunks(9, 3000), ...unlikeChunks(1, 3000)]);
    const error = await assertRejects(() => match(twice), ParasyncError, "sent before");
    assertEquals(error.code, "bad_request");
    let calls = 0;
    const broken = (): Promise<never> => {
      calls++;
      return Promise.reject(new ParasyncError("changed", "Cannot read the basis"));
    };
    const failing = matchingOf(basis, unlikeChunks(3000, 3000), { threads: 2, hash: broken });
    await assertRejects(() => match(failing), ParasyncError, "Cannot read the basis");
    await settled();
    assertEquals(calls, 2, "one job for each thread");
  }
});
