import type { ChunkList } from "../chunking/chunk_list.ts";
import type { CandidateList } from "./candidates.ts";
import type { KeyTable } from "./key_table.ts";
import type { MatchList } from "./match_list.ts";

/** Computes the strong checksums of chunks of the new file, 32 bytes each in the order asked. */
export type StrongHasher = (
  offsets: Float64Array<ArrayBuffer>,
  lengths: Uint32Array<ArrayBuffer>,
) => Promise<Uint8Array<ArrayBuffer>>;

/** What a matcher works on. */
export interface MatcherParts {
  /** The new file's chunks; more are appended as it is read. */
  readonly chunks: ChunkList;
  /** Their keys; the matcher enters them. */
  readonly keys: KeyTable;
  /** Where the outcome goes. */
  readonly matches: MatchList;
  /** Who computes strong checksums. */
  readonly hash: StrongHasher;
  /** How many threads do so: into how many slices work is divided. */
  readonly threads: number;
}

/**
 * The client's side of matching, one implementation per mode: it learns of chunks, of the keys that the
 * basis has, and of candidates, and settles every chunk in a match list.
 *
 * Whichever the mode and however many threads there are, the outcome is the same: what is said first of a key
 * holds, and of several candidates with a chunk's strong checksum the lowest place is taken.
 */
export interface StrongMatcher {
  /** Chunks were appended to the new file's list. */
  extend(): void;
  /** The new file is chunked to its end. */
  scanned(): void;
  /**
   * The server has looked up some keys.
   *
   * @param first The first key spoken of.
   * @param count How many.
   * @param bitmap A bit a key, lowest first: whether the basis has it.
   */
  presence(first: number, count: number, bitmap: Uint8Array): void;
  /**
   * The server has found candidates.
   *
   * @throws {ParasyncError} `bad_request` where strong checksums are needed and missing.
   */
  candidates(list: CandidateList): void;
  /** There are no more candidates; resolves when every chunk is settled. */
  finish(): Promise<void>;
}
