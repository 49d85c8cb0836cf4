import { type ChunkList, widened } from "../chunking/chunk_list.ts";
import { ParasyncError } from "../errors.ts";
import { type CandidateList, distinctCandidates } from "./candidates.ts";
import { JOB_BYTES, strongOf } from "./strong_jobs.ts";
import type { StrongHasher } from "./strong_matcher.ts";
import type { WeakIndex } from "./weak_index.ts";

/** Keys of the new file that arrived together. */
export interface KeyBatch {
  /** The number of the first. */
  readonly first: number;
  /** Their weak checksums. */
  readonly weaks: Uint32Array;
  /** Their lengths in bytes. */
  readonly lengths: ArrayLike<number>;
  /** A bit a key, lowest first: whether it has been found in the basis. */
  readonly found: Uint8Array<ArrayBuffer>;
}

/** Basis chunks to hash, with the keys they are candidates for. */
export interface CandidateJob {
  readonly keys: readonly number[];
  readonly chunks: readonly number[];
}

/** The server's side of matching: looks keys up and finds what is at the places found. */
export class WeakMatcher {
  /** The basis's chunks. */
  readonly chunks: ChunkList;
  readonly #index: WeakIndex;
  /** Which chunks were handed out: each is hashed once at most, whatever a client asks. */
  #asked: Uint8Array;
  /** How many keys have been found. */
  found = 0;

  /**
   * @param chunks The basis's chunks; there may be more by the time of a call.
   * @param index Their index.
   */
  constructor(chunks: ChunkList, index: WeakIndex) {
    this.chunks = chunks;
    this.#index = index;
    this.#asked = new Uint8Array(chunks.lengths.length);
  }

  /**
   * Looks up the keys of a batch that have not been found yet, among the chunks there are by now.
   *
   * @param batch The keys; those found are marked.
   * @returns Candidates in jobs of about {@linkcode JOB_BYTES}; all candidates of a key are in one.
   * @throws {ParasyncError} `bad_request` for a key that was asked for before.
   */
  look({ first, weaks, lengths, found }: KeyBatch): CandidateJob[] {
    this.#makeRoom();
    const jobs: CandidateJob[] = [];
    let keys: number[] = [];
    let chunks: number[] = [];
    let bytes = 0;
    for (let i = 0; i < weaks.length; i++) {
      if ((found[i >> 3]! >> (i & 7)) & 1) continue;
      let chunk = this.#index.find(weaks[i]!, lengths[i]!);
      if (chunk < 0) continue;
      if (this.#asked[chunk] === 1) {
        throw new ParasyncError(
          "bad_request",
          `Cannot look key ${first + i} up: it was sent before`,
        );
      }
      this.#asked[chunk] = 1;
      found[i >> 3] = found[i >> 3]! | (1 << (i & 7));
      this.found++;
      for (; chunk >= 0; chunk = this.#index.next(chunk)) {
        keys.push(first + i);
        chunks.push(chunk);
        bytes += lengths[i]!;
      }
      if (bytes >= JOB_BYTES) {
        jobs.push({ keys, chunks });
        keys = [];
        chunks = [];
        bytes = 0;
      }
    }
    if (keys.length > 0) jobs.push({ keys, chunks });
    return jobs;
  }

  /**
   * The places of one job's keys, one each, as they are: `confirm=target` proves them by the whole. Of
   * several places the one that continues the key before is taken, so that copies stay long.
   *
   * @param job The job.
   */
  places({ keys, chunks }: CandidateJob): CandidateList {
    const { offsets, lengths } = this.chunks;
    const chosen: number[] = [];
    let expected = -1;
    for (let first = 0; first < keys.length;) {
      let last = first;
      let choice = first;
      for (; last < keys.length && keys[last] === keys[first]; last++) {
        if (offsets[chunks[last]!] === expected) choice = last;
      }
      chosen.push(choice);
      expected = offsets[chunks[choice]!]! + lengths[chunks[choice]!]!;
      first = last;
    }
    return {
      keys: Float64Array.from(chosen, (i) => keys[i]!),
      places: Float64Array.from(chosen, (i) => offsets[chunks[i]!]!),
      strong: new Uint32Array(0),
    };
  }

  /**
   * Computes the strong checksums of one job's chunks.
   *
   * @param job The job.
   * @param hash Who computes them.
   * @returns One candidate for each distinct content of each key, the lowest place.
   */
  async confirm({ keys, chunks }: CandidateJob, hash: StrongHasher): Promise<CandidateList> {
    const { offsets } = this.chunks;
    return distinctCandidates({
      keys: Float64Array.from(keys),
      places: Float64Array.from(chunks, (chunk) => offsets[chunk]!),
      strong: await strongOf(this.chunks, Uint32Array.from(chunks), hash),
    });
  }

  #makeRoom(): void {
    const needed = this.chunks.lengths.length;
    if (needed > this.#asked.length) this.#asked = widened(this.#asked, new Uint8Array(needed));
  }
}
