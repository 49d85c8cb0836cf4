/**
 * Weak matching all at once, at a server that has the whole list of keys before it answers: look everything up,
 * hash what was found in parallel, wait for all of it, and regroup it serially. What the answer says does not
 * depend on the number of threads: candidates are in the order of the keys and, for each, of the basis.
 */
import {
  type CandidateList,
  candidatesIn,
  distinctCandidates,
  STRONG_WORDS,
} from "./candidates.ts";
import { slicesOf } from "./slices.ts";
import { endedByFailure, hashInSlices } from "./strong_jobs.ts";
import type { StrongHasher } from "./strong_matcher.ts";
import type { KeyBatch, WeakMatcher } from "./weak_matcher.ts";

/** Keys in one list of the answer, so that its frame stays bounded. */
const LIST_KEYS = 4096;

/** What to match all at once. */
export interface WholeMatching {
  /** All keys of the client, in order; those found are marked. */
  readonly batches: readonly KeyBatch[];
  /** Who looks them up. */
  readonly matcher: WeakMatcher;
  /** Who computes strong checksums. */
  readonly hash: StrongHasher;
  /** How many threads do so. */
  readonly threads: number;
}

/** What was found: chunks of the basis with the keys they are candidates for. */
interface Found {
  readonly keys: Float64Array;
  readonly chunks: Uint32Array;
}

/**
 * Divides what was found in equal counts of chunks among the threads (mode 0 of the ParaSync artifact, FAST'26,
 * §3.2: most keys have a few chunks and some have thousands).
 *
 * @param matching What to match.
 * @returns The candidates, in lists of at most {@linkcode LIST_KEYS} keys.
 * @throws {ParasyncError} `bad_request` for a key that was sent before, and whatever hashing fails with.
 */
export async function matchByCount(matching: WholeMatching): Promise<CandidateList[]> {
  const found = lookUp(matching);
  return await candidatesOf(found, slicesOf(found.chunks, matching.threads, "floor"), matching);
}

/**
 * Divides the keys in equal ranges among the threads, whatever the basis has of each (pdsync, the baseline of
 * ParaSync, FAST'26, §4.1).
 *
 * @param matching What to match.
 * @returns The candidates, in lists of at most {@linkcode LIST_KEYS} keys.
 * @throws {ParasyncError} `bad_request` for a key that was sent before, and whatever hashing fails with.
 */
export async function matchByKeys(matching: WholeMatching): Promise<CandidateList[]> {
  const found = lookUp(matching);
  const { batches, threads } = matching;
  const total = batches.reduce((sum, { weaks }) => sum + weaks.length, 0);
  const share = Math.floor(total / threads);
  const slices: Uint32Array[] = [];
  let begin = 0;
  for (let slice = 0; slice < threads; slice++) {
    const endKey = slice === threads - 1 ? Infinity : (slice + 1) * share;
    let end = begin;
    while (end < found.keys.length && found.keys[end]! < endKey) end++;
    slices.push(found.chunks.subarray(begin, end));
    begin = end;
  }
  return await candidatesOf(found, slices, matching);
}

/** Looking up takes a moment next to hashing, so one thread does it for all. */
function lookUp({ batches, matcher }: WholeMatching): Found {
  const jobs = batches.flatMap((batch) => matcher.look(batch));
  const count = jobs.reduce((sum, { chunks }) => sum + chunks.length, 0);
  const keys = new Float64Array(count);
  const chunks = new Uint32Array(count);
  let at = 0;
  for (const job of jobs) {
    keys.set(job.keys, at);
    chunks.set(job.chunks, at);
    at += job.chunks.length;
  }
  return { keys, chunks };
}

/** Hashes slices that lie one behind the other, and makes lists when all of them are there. */
async function candidatesOf(
  { keys, chunks }: Found,
  slices: readonly Uint32Array[],
  { matcher, hash }: WholeMatching,
): Promise<CandidateList[]> {
  const begins: number[] = [];
  slices.reduce((begin, slice) => (begins.push(begin), begin + slice.length), 0);
  const strong = new Uint32Array(chunks.length * STRONG_WORDS);
  await hashInSlices(
    matcher.chunks,
    slices,
    endedByFailure(hash),
    (slice, first, _chunks, hashed) => strong.set(hashed, (begins[slice]! + first) * STRONG_WORDS),
  );
  const { offsets } = matcher.chunks;
  const places = Float64Array.from(chunks, (chunk) => offsets[chunk]!);
  return inLists({ keys, places, strong }).map(distinctCandidates);
}

/** Cuts a list after every {@linkcode LIST_KEYS} keys. */
function inLists(all: CandidateList): CandidateList[] {
  const { keys } = all;
  const lists: CandidateList[] = [];
  let first = 0;
  let count = 0;
  for (let row = 1; row <= keys.length; row++) {
    if (row < keys.length && keys[row] === keys[row - 1]) continue;
    count++;
    if (count < LIST_KEYS && row < keys.length) continue;
    lists.push(candidatesIn(all, first, row));
    first = row;
    count = 0;
  }
  return lists;
}
