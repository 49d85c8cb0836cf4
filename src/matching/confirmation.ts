import type { ChunkList } from "../chunking/chunk_list.ts";
import type { CandidateList } from "./candidates.ts";
import type { KeyTable } from "./key_table.ts";
import type { MatchList } from "./match_list.ts";
import { endedByFailure, hashInSlices } from "./strong_jobs.ts";
import type { MatcherParts, StrongHasher } from "./strong_matcher.ts";
import type { StrongTable } from "./strong_table.ts";

/** The chunks of one job, and for each its place in the basis, or -1 where it has none. */
export interface Comparison {
  readonly chunks: Uint32Array;
  readonly places: Float64Array;
}

/**
 * The steps of strong matching that every mode takes, each in an order of its own: from keys to the chunks that
 * have them, from chunks to places, from places to the match list (ParaSync, FAST'26, §3.2).
 */
export class Confirmation {
  readonly #chunks: ChunkList;
  readonly #keys: KeyTable;
  readonly #matches: MatchList;
  readonly #hash: StrongHasher;

  /** @param parts What it works on. */
  constructor({ chunks, keys, matches, hash }: MatcherParts) {
    this.#chunks = chunks;
    this.#keys = keys;
    this.#matches = matches;
    this.#hash = endedByFailure(hash);
  }

  /** The chunks of the new file that have these keys, key by key. */
  expand(keys: Float64Array): Uint32Array {
    const chunks: number[] = [];
    for (const key of keys) {
      for (let chunk = this.#keys.first(key); chunk >= 0; chunk = this.#keys.next(chunk)) {
        chunks.push(chunk);
      }
    }
    return Uint32Array.from(chunks);
  }

  /**
   * Computes the chunks' strong checksums and looks them up: the slices beside each other, each in jobs one
   * after another.
   *
   * @param slices The chunks, a slice for each thread.
   * @param table Where to look.
   * @param take Told of each job that is done.
   */
  async compare(
    slices: readonly Uint32Array[],
    table: StrongTable,
    take: (comparison: Comparison) => void,
  ): Promise<void> {
    await hashInSlices(this.#chunks, slices, this.#hash, (_slice, _first, chunks, strong) => {
      const places = new Float64Array(chunks.length);
      for (let i = 0; i < chunks.length; i++) {
        places[i] = table.find(this.#keys.keyOf(chunks[i]!), strong, i);
      }
      take({ chunks, places });
    });
  }

  /** Notes in the match list what a comparison has found. */
  settle({ chunks, places }: Comparison): void {
    for (let i = 0; i < chunks.length; i++) {
      if (places[i] === -1) this.#matches.literal(chunks[i]!);
      else this.#matches.match(chunks[i]!, places[i]!);
    }
    this.#matches.advance();
  }
}

/** The keys of a list, each once. */
export function distinctKeys({ keys }: CandidateList): Float64Array {
  return keys.filter((key, row) => row === 0 || key !== keys[row - 1]);
}
