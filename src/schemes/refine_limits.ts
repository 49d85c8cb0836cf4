/** The smallest and the largest block of a finer round, in bytes. */
export const LEAST_REFINED_BLOCK = 64;
/** See {@linkcode LEAST_REFINED_BLOCK}. */
export const MOST_REFINED_BLOCK = 4096;

/** The most blocks in a round; each takes some 50 bytes of memory at the client, and none at the server. */
export const MAX_REFINED_BLOCKS = 1 << 20;

/** The most ranges in a round: their columns fit a frame. */
export const MAX_REFINED_RANGES = 1 << 18;

/** The most rounds of a session. */
export const MAX_ROUNDS = 8;

/** The most copies that all rounds of a sync may add to a patch. */
export const MAX_REFINED_COPIES = 1 << 20;

/** What finer rounds came to. */
export interface RefineOutcome {
  /** How many there were. */
  readonly rounds: number;
  /** Bytes of the new file that they found in the basis. */
  readonly bytes: number;
  /** Bytes of bodies sent for them. */
  readonly upBytes: number;
  /** Bytes of bodies received for them. */
  readonly downBytes: number;
}

/** Of a scheme that has none. */
export const NOT_REFINED: RefineOutcome = { rounds: 0, bytes: 0, upBytes: 0, downBytes: 0 };
