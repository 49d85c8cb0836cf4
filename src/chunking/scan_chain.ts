import { ParasyncError } from "../errors.ts";

const NEXT_BLOCK = 0;
const PUBLISHED = 1;
const ABORTED = 2;
const STATE_BYTES = 24;
/** Marks the number of the next block while blocks are hashed alone; there are not so many blocks in a PiB. */
const HASHED_ALONE = 1 << 30;
const WAIT_MS = 250;
const PATIENCE_MS = 60_000;

/** A block that a lane has taken. */
export interface TakenBlock {
  /** Its number. */
  readonly block: number;
  /** Whether it is only to be hashed, and the next one's first chunk begins where this one ends. */
  readonly hashedAlone: boolean;
}

/**
 * What the lanes that scan one file share: which block is next, and where its first chunk starts.
 *
 * Lanes take blocks in order, scan them side by side, and pass the end of a block's last chunk on to the
 * lane of the next block. A block is taken when its scan begins, never before, so the lane that another
 * one waits for is always at work: the chain cannot lock up, whatever else the lanes have to do.
 */
export class ScanChain {
  /** The shared state; another thread makes its own chain over it. */
  readonly state: SharedArrayBuffer;
  readonly #counters: Int32Array;
  readonly #start: Float64Array;

  /** @param state The state of an existing chain, or nothing for a new one. */
  constructor(state: SharedArrayBuffer = new SharedArrayBuffer(STATE_BYTES)) {
    this.state = state;
    this.#counters = new Int32Array(state, 0, 4);
    this.#start = new Float64Array(state, 16, 1);
  }

  /** Takes the next block for this lane to scan. */
  take(): TakenBlock {
    const next = Atomics.add(this.#counters, NEXT_BLOCK, 1);
    return { block: next & ~HASHED_ALONE, hashedAlone: (next & HASHED_ALONE) !== 0 };
  }

  /**
   * Says whether the blocks that nobody has taken yet are to be hashed alone.
   *
   * @param alone Whether.
   * @returns The first of them.
   */
  hashAlone(alone: boolean): number {
    const next = alone
      ? Atomics.or(this.#counters, NEXT_BLOCK, HASHED_ALONE)
      : Atomics.and(this.#counters, NEXT_BLOCK, ~HASHED_ALONE);
    return next & ~HASHED_ALONE;
  }

  /** Where the first chunk of a block begins, as far as that is known by now; -1 else. */
  startOf(block: number): number {
    return Atomics.load(this.#counters, PUBLISHED) === block ? this.#start[0]! : -1;
  }

  /**
   * Waits until the lane of the block before has selected its cuts.
   *
   * @param block The block that this lane has scanned.
   * @returns Where the first chunk at or after the block's start begins, in bytes of the file.
   * @throws {ParasyncError} `interrupted` where another lane failed, `internal` where none answers.
   */
  waitForStart(block: number): number {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      if (Atomics.load(this.#counters, ABORTED) !== 0) {
        throw new ParasyncError("interrupted", "Cannot go on scanning: another lane gave up");
      }
      const published = Atomics.load(this.#counters, PUBLISHED);
      if (published === block) return this.#start[0]!;
      if (performance.now() > deadline) {
        throw new ParasyncError(
          "internal",
          `Cannot scan block ${block}: the one before never ended`,
        );
      }
      Atomics.wait(this.#counters, PUBLISHED, published, WAIT_MS);
    }
  }

  /** Tells the lane of the next block where its first chunk begins, in bytes of the file. */
  publish(block: number, start: number): void {
    this.#start[0] = start;
    Atomics.store(this.#counters, PUBLISHED, block + 1);
    Atomics.notify(this.#counters, PUBLISHED);
  }

  /** Makes every lane that waits in this chain give up. */
  abort(): void {
    Atomics.store(this.#counters, ABORTED, 1);
    Atomics.notify(this.#counters, PUBLISHED);
  }
}
