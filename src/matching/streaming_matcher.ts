import { type ChunkList, widened } from "../chunking/chunk_list.ts";
import { AnsweredKeys } from "./answered_keys.ts";
import type { CandidateList } from "./candidates.ts";
import { Confirmation, distinctKeys } from "./confirmation.ts";
import type { KeyTable } from "./key_table.ts";
import type { MatchList } from "./match_list.ts";
import { jobsOf } from "./strong_jobs.ts";
import type { MatcherParts, StrongMatcher } from "./strong_matcher.ts";
import { StrongTable } from "./strong_table.ts";

const UNKNOWN = -1;
const ABSENT = -2;

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
  readonly #confirmation: Confirmation;
  readonly #answered: AnsweredKeys;
  /** What is known of each key: its place, to be taken as it is, or that it has none. */
  #places: Float64Array;
  #entered = 0;
  #scanned = false;
  readonly #held: CandidateList[] = [];
  readonly #lists: Promise<void>[] = [];

  /** @param parts What it works on. */
  constructor(parts: MatcherParts) {
    const { chunks, keys, matches } = parts;
    this.#chunks = chunks;
    this.#keys = keys;
    this.#matches = matches;
    this.#confirmation = new Confirmation(parts);
    this.#answered = new AnsweredKeys(chunks.lengths.length);
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
    this.#answered.absent(first, count, bitmap, (key) => {
      this.#places[key] = ABSENT;
      for (let chunk = this.#keys.first(key); chunk >= 0; chunk = this.#keys.next(chunk)) {
        if (this.#matches.isOpen(chunk)) this.#matches.literal(chunk);
      }
    });
    this.#matches.advance();
  }

  candidates(answer: CandidateList): void {
    const list = this.#answered.claimAll(answer);
    if (list.strong.length === 0) this.#believe(list);
    else if (this.#scanned) this.#confirm(list);
    else this.#held.push(list);
  }

  async finish(): Promise<void> {
    await Promise.all(this.#lists);
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
    const jobs = [...jobsOf(this.#chunks, this.#confirmation.expand(distinctKeys(list)))];
    const outcome = this.#confirmation.compare(
      jobs,
      new StrongTable(list),
      (comparison) => this.#confirmation.settle(comparison),
    );
    // A failure is reported by finish(), which may be a while yet.
    outcome.catch(() => {});
    this.#lists.push(outcome);
  }
}
