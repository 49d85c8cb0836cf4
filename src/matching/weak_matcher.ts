import type { ChunkList } from "../chunking/chunk_list.ts";
import { ParasyncError } from "../errors.ts";
import { type CandidateList, sameStrong, STRONG_WORDS, strongWords } from "./candidates.ts";
import type { StrongHasher } from "./strong_matcher.ts";
import type { WeakIndex } from "./weak_index.ts";

/** Bytes hashed by one job. */
const JOB_BYTES = 2 << 20;

/** What the basis has of a run of keys. */
export interface WeakMatches {
  /** A bit a key, lowest first: whether the basis has it. */
  readonly bitmap: Uint8Array<ArrayBuffer>;
  /** How many keys the basis has. */
  readonly present: number;
  /** Candidates in jobs of about {@linkcode JOB_BYTES}; all candidates of a key are in one. */
  readonly jobs: readonly CandidateJob[];
}

/** Basis chunks to hash, with the keys they are candidates for. */
export interface CandidateJob {
  readonly keys: readonly number[];
  readonly chunks: readonly number[];
}

/** The server's side of matching: looks keys up and finds what is at the places found. */
export class WeakMatcher {
  readonly #chunks: ChunkList;
  readonly #index: WeakIndex;
  /** Which chunks were handed out: each is hashed once at most, whatever a client asks. */
  readonly #asked: Uint8Array;

  /**
   * @param chunks All of the basis's chunks.
   * @param index Their index, complete.
   */
  constructor(chunks: ChunkList, index: WeakIndex) {
    this.#chunks = chunks;
    this.#index = index;
    this.#asked = new Uint8Array(chunks.count);
  }

  /**
   * Looks up keys.
   *
   * @param first The number of the first.
   * @param weaks Their weak checksums.
   * @param lengths Their lengths in bytes.
   * @returns What the basis has of them.
   * @throws {ParasyncError} `bad_request` for a key that was asked for before.
   */
  look(first: number, weaks: Uint32Array, lengths: ArrayLike<number>): WeakMatches {
    const bitmap = new Uint8Array(Math.ceil(weaks.length / 8));
    const jobs: CandidateJob[] = [];
    let keys: number[] = [];
    let chunks: number[] = [];
    let bytes = 0;
    let present = 0;
    for (let i = 0; i < weaks.length; i++) {
      let chunk = this.#index.find(weaks[i]!, lengths[i]!);
      if (chunk < 0) continue;
      if (this.#asked[chunk] === 1) {
        throw new ParasyncError(
          "bad_request",
          `Cannot look key ${first + i} up: it was sent before`,
        );
      }
      this.#asked[chunk] = 1;
      bitmap[i >> 3] = bitmap[i >> 3]! | (1 << (i & 7));
      present++;
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
    return { bitmap, present, jobs };
  }

  /**
   * The places of one job's keys, one each, as they are: `confirm=target` proves them by the whole. Of
   * several places the one that continues the key before is taken, so that copies stay long.
   *
   * @param job The job.
   */
  places({ keys, chunks }: CandidateJob): CandidateList {
    const { offsets, lengths } = this.#chunks;
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
    const { offsets, lengths } = this.#chunks;
    const places = Float64Array.from(chunks, (chunk) => offsets[chunk]!);
    // The hasher's columns move to a lane; the places stay here.
    const hashed = strongWords(
      await hash(places.slice(), Uint32Array.from(chunks, (chunk) => lengths[chunk]!)),
    );
    const kept: number[] = [];
    let group = 0;
    for (let i = 0; i < keys.length; i++) {
      if (i > 0 && keys[i] !== keys[i - 1]) group = kept.length;
      let same = group;
      while (same < kept.length && !sameStrong(hashed, i, hashed, kept[same]!)) same++;
      if (same === kept.length) kept.push(i);
    }
    if (kept.length === keys.length) {
      return { keys: Float64Array.from(keys), places, strong: hashed };
    }
    const strong = new Uint32Array(kept.length * STRONG_WORDS);
    kept.forEach((i, at) =>
      strong.set(hashed.subarray(i * STRONG_WORDS, (i + 1) * STRONG_WORDS), at * STRONG_WORDS)
    );
    return {
      keys: Float64Array.from(kept, (i) => keys[i]!),
      places: Float64Array.from(kept, (i) => places[i]!),
      strong,
    };
  }
}
