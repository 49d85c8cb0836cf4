import type { ChunkList } from "../chunking/chunk_list.ts";
import { CandidateQueue } from "./candidate_queue.ts";
import type { CandidateList } from "./candidates.ts";
import { Confirmation } from "./confirmation.ts";
import type { KeyTable } from "./key_table.ts";
import type { MatchList } from "./match_list.ts";
import type { MatcherParts, StrongMatcher } from "./strong_matcher.ts";

/** Keys in a batch, and batches under way for each thread (the original's BATCH_SIZE and NUM_TOKENS). */
const BATCH_KEYS = 4096;
const BATCHES_PER_THREAD = 4;

/**
 * Matching in batches of keys, so many of them under way at once. What is done with a batch, and when its
 * outcome is noted, is the mode's.
 *
 * Lists are kept until the new file is chunked, since a later chunk may have one of their keys. A chunk that no
 * batch settles is a literal at the end: that a key is absent is said early only to the streaming mode.
 */
export abstract class BatchMatcher implements StrongMatcher {
  /** The steps to take. */
  protected readonly confirmation: Confirmation;
  /** Into how many slices to divide work. */
  protected readonly threads: number;
  readonly #chunks: ChunkList;
  readonly #keys: KeyTable;
  readonly #matches: MatchList;
  readonly #queue: CandidateQueue;
  readonly #mostBatches: number;
  readonly #batchKeys: number;
  readonly #ended = Promise.withResolvers<void>();
  #entered = 0;
  #underWay = 0;
  #open = false;
  #last = false;

  /**
   * @param parts What it works on.
   * @param mostBatches How many batches may be under way at once.
   * @param batchKeys How many keys a batch has at most.
   */
  constructor(
    parts: MatcherParts,
    mostBatches: number = BATCHES_PER_THREAD * parts.threads,
    batchKeys: number = BATCH_KEYS,
  ) {
    this.confirmation = new Confirmation(parts);
    this.threads = parts.threads;
    this.#chunks = parts.chunks;
    this.#keys = parts.keys;
    this.#matches = parts.matches;
    this.#queue = new CandidateQueue(parts.chunks.lengths.length);
    this.#mostBatches = mostBatches;
    this.#batchKeys = batchKeys;
    // A failure is reported by finish(), which may be a while yet.
    this.#ended.promise.catch(() => {});
  }

  /**
   * Does a batch's work.
   *
   * @param batch All candidates of its keys.
   * @returns Resolves when another batch may take its turn.
   */
  protected abstract perform(batch: CandidateList): Promise<void>;

  /** Called when every batch is done: notes what was not noted yet. */
  protected settleRest(): void {}

  extend(): void {
    this.#matches.extend();
    for (; this.#entered < this.#chunks.count; this.#entered++) {
      if (this.#matches.isOpen(this.#entered)) this.#keys.add(this.#entered);
    }
  }

  scanned(): void {
    this.#open = true;
    this.#begin();
  }

  presence(first: number, count: number, bitmap: Uint8Array): void {
    this.#queue.absent(first, count, bitmap);
  }

  candidates(list: CandidateList): void {
    this.#queue.add(list);
    this.#begin();
  }

  async finish(): Promise<void> {
    this.#open = true;
    this.#last = true;
    this.#begin();
    await this.#ended.promise;
    this.settleRest();
    this.#matches.finish();
  }

  #begin(): void {
    while (this.#open && this.#underWay < this.#mostBatches) {
      const batch = this.#queue.take(this.#batchKeys);
      if (batch === undefined) break;
      this.#underWay++;
      // One that fails stays under way for good, so that the end is the failure and nothing else.
      this.perform(batch).then(() => {
        this.#underWay--;
        this.#begin();
      }, this.#ended.reject);
    }
    if (this.#last && this.#underWay === 0) this.#ended.resolve();
  }
}
