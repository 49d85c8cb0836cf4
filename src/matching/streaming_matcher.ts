import { type ChunkList, widened } from "../chunking/chunk_list.ts";
import { type CandidateList, sameStrong, strongWords } from "./candidates.ts";
import type { KeyTable } from "./key_table.ts";
import type { MatchList } from "./match_list.ts";
import type { StrongHasher, StrongMatcher } from "./strong_matcher.ts";

/** Bytes hashed by one job: enough to be worth the way to a lane, short enough to keep lanes balanced. */
const JOB_BYTES = 2 << 20;

const UNKNOWN = -1;
const ABSENT = -2;

/** One chunk to confirm: candidates [first, last) of the list have its key. */
interface Job {
  readonly list: CandidateList;
  readonly chunks: number[];
  readonly firsts: number[];
  readonly lasts: number[];
}

/**
 * Mode 3, streaming: a chunk whose key the basis lacks is a literal as soon as that is known, and each list
 * of candidates is confirmed on its own as it arrives (ParaSync, FAST'26, §3.2).
 *
 * Lists that arrive while the new file is still being chunked are kept until it is done: a later chunk may
 * have the same key, and the lanes are busy anyway.
 */
export class StreamingMatcher implements StrongMatcher {
  readonly #chunks: ChunkList;
  readonly #keys: KeyTable;
  readonly #matches: MatchList;
  readonly #hash: StrongHasher;
  /** What is known of each key: its place, to be taken as it is, or that it has none. */
  #places: Float64Array;
  #entered = 0;
  #scanned = false;
  readonly #held: CandidateList[] = [];
  readonly #jobs: Promise<void>[] = [];

  /**
   * @param chunks The new file's chunks.
   * @param keys Their keys; this matcher enters them.
   * @param matches Where the outcome goes.
   * @param hash Who computes strong checksums.
   */
  constructor(chunks: ChunkList, keys: KeyTable, matches: MatchList, hash: StrongHasher) {
    this.#chunks = chunks;
    this.#keys = keys;
    this.#matches = matches;
    this.#hash = hash;
    this.#places = new Float64Array(chunks.lengths.length).fill(UNKNOWN);
  }

  extend(): void {
    this.#matches.extend();
    for (; this.#entered < this.#chunks.count; this.#entered++) {
      if (!this.#matches.isOpen(this.#entered)) continue;
      const key = this.#keys.add(this.#entered);
      if (key >= this.#places.length) {
        this.#places = widened(this.#places, new Float64Array(this.#chunks.lengths.length))
          .fill(UNKNOWN, this.#places.length);
      }
      const place = this.#places[key]!;
      if (place === ABSENT) this.#matches.literal(this.#entered);
      else if (place !== UNKNOWN) this.#matches.match(this.#entered, place);
    }
    this.#matches.advance();
  }

  scanned(): void {
    this.#scanned = true;
    for (const list of this.#held.splice(0)) this.#confirm(list);
  }

  presence(first: number, count: number, bitmap: Uint8Array): void {
    for (let i = 0; i < count; i++) {
      if ((bitmap[i >> 3]! >> (i & 7)) & 1) continue;
      this.#places[first + i] = ABSENT;
      for (let chunk = this.#keys.first(first + i); chunk >= 0; chunk = this.#keys.next(chunk)) {
        if (this.#matches.isOpen(chunk)) this.#matches.literal(chunk);
      }
    }
    this.#matches.advance();
  }

  candidates(list: CandidateList): void {
    if (list.strong.length === 0) this.#believe(list);
    else if (this.#scanned) this.#confirm(list);
    else this.#held.push(list);
  }

  async finish(): Promise<void> {
    await Promise.all(this.#jobs);
    this.#matches.finish();
  }

  /** Under `confirm=target` the places are taken as they are, for chunks that are yet to come as well. */
  #believe({ keys, places }: CandidateList): void {
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!;
      this.#places[key] = places[i]!;
      for (let chunk = this.#keys.first(key); chunk >= 0; chunk = this.#keys.next(chunk)) {
        if (this.#matches.isOpen(chunk)) this.#matches.match(chunk, places[i]!);
      }
    }
    this.#matches.advance();
  }

  #confirm(list: CandidateList): void {
    const { keys } = list;
    let job: Job = { list, chunks: [], firsts: [], lasts: [] };
    let bytes = 0;
    for (let first = 0; first < keys.length;) {
      let last = first + 1;
      while (last < keys.length && keys[last] === keys[first]) last++;
      for (let chunk = this.#keys.first(keys[first]!); chunk >= 0; chunk = this.#keys.next(chunk)) {
        job.chunks.push(chunk);
        job.firsts.push(first);
        job.lasts.push(last);
        bytes += this.#chunks.lengths[chunk]!;
        if (bytes >= JOB_BYTES) {
          this.#start(job);
          job = { list, chunks: [], firsts: [], lasts: [] };
          bytes = 0;
        }
      }
      first = last;
    }
    if (job.chunks.length > 0) this.#start(job);
  }

  #start(job: Job): void {
    const outcome = this.#perform(job);
    // A failure is reported by finish(), which may be a while yet.
    outcome.catch(() => {});
    this.#jobs.push(outcome);
  }

  async #perform({ list, chunks, firsts, lasts }: Job): Promise<void> {
    const { offsets, lengths } = this.#chunks;
    const hashed = strongWords(
      await this.#hash(
        Float64Array.from(chunks, (chunk) => offsets[chunk]!),
        Uint32Array.from(chunks, (chunk) => lengths[chunk]!),
      ),
    );
    for (let i = 0; i < chunks.length; i++) {
      // A server that names a key twice is answered once.
      if (!this.#matches.isOpen(chunks[i]!)) continue;
      let candidate = firsts[i]!;
      while (candidate < lasts[i]! && !sameStrong(hashed, i, list.strong, candidate)) candidate++;
      if (candidate < lasts[i]!) this.#matches.match(chunks[i]!, list.places[candidate]!);
      else this.#matches.literal(chunks[i]!);
    }
    this.#matches.advance();
  }
}
