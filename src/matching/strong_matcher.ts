import type { CandidateList } from "./candidates.ts";

/** Computes the strong checksums of chunks of the new file, 32 bytes each in the order asked. */
export type StrongHasher = (
  offsets: Float64Array<ArrayBuffer>,
  lengths: Uint32Array<ArrayBuffer>,
) => Promise<Uint8Array<ArrayBuffer>>;

/**
 * The client's side of matching, one implementation per mode: it learns of chunks, of the keys that the
 * basis has, and of candidates, and settles every chunk in a match list.
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
  /** The server has found candidates. */
  candidates(list: CandidateList): void;
  /** There are no more candidates; resolves when every chunk is settled. */
  finish(): Promise<void>;
}
