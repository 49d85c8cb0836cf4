import type { ChunkList } from "../chunking/chunk_list.ts";
import { strongWords } from "./candidates.ts";
import type { StrongHasher } from "./strong_matcher.ts";

/** Bytes hashed by one job: enough to be worth the way to a lane, short enough to keep lanes balanced. */
export const JOB_BYTES = 2 << 20;

/**
 * Computes the strong checksums of chunks of a list, in one job.
 *
 * @param list The list.
 * @param chunks Which of its chunks.
 * @param hash Who computes them.
 * @returns The strong checksums as words, in the order of `chunks`.
 */
export async function strongOf(
  list: ChunkList,
  chunks: Uint32Array,
  hash: StrongHasher,
): Promise<Uint32Array> {
  const offsets = new Float64Array(chunks.length);
  const lengths = new Uint32Array(chunks.length);
  for (let i = 0; i < chunks.length; i++) {
    offsets[i] = list.offsets[chunks[i]!]!;
    lengths[i] = list.lengths[chunks[i]!]!;
  }
  return strongWords(await hash(offsets, lengths));
}

/**
 * Cuts a column of chunks into jobs of about {@linkcode JOB_BYTES}: a job ends with the chunk that fills it.
 *
 * @param list The list they are of.
 * @param chunks Which of its chunks.
 */
export function* jobsOf(list: ChunkList, chunks: Uint32Array): Generator<Uint32Array> {
  let first = 0;
  let bytes = 0;
  for (let i = 0; i < chunks.length; i++) {
    bytes += list.lengths[chunks[i]!]!;
    if (bytes < JOB_BYTES) continue;
    yield chunks.subarray(first, i + 1);
    first = i + 1;
    bytes = 0;
  }
  if (first < chunks.length) yield chunks.subarray(first);
}

/**
 * Computes strong checksums in slices, as so many threads would: the slices beside each other, the jobs of a
 * slice one after another, so that a slice of any size keeps one lane busy and lets others in between.
 *
 * @param list The list the chunks are of.
 * @param slices Which of its chunks, slice by slice.
 * @param hash Who computes them.
 * @param take Told of each job that is done: its slice, which of the slice's chunks is its first, its chunks,
 * their strong checksums.
 */
export async function hashInSlices(
  list: ChunkList,
  slices: readonly Uint32Array[],
  hash: StrongHasher,
  take: (slice: number, first: number, chunks: Uint32Array, strong: Uint32Array) => void,
): Promise<void> {
  await Promise.all(slices.map(async (chunks, slice) => {
    let first = 0;
    for (const job of jobsOf(list, chunks)) {
      take(slice, first, job, await strongOf(list, job, hash));
      first += job.length;
    }
  }));
}

/**
 * A hasher that, once it has failed, fails at once: nothing more is read for an outcome that is lost.
 *
 * @param hash Who computes strong checksums.
 */
export function endedByFailure(hash: StrongHasher): StrongHasher {
  let failure: { readonly reason: unknown } | undefined;
  return async (offsets, lengths) => {
    if (failure !== undefined) throw failure.reason;
    try {
      return await hash(offsets, lengths);
    } catch (reason) {
      failure ??= { reason };
      throw reason;
    }
  };
}
