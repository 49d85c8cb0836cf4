import { ParasyncError } from "../errors.ts";

const FREE = 0;
const TAKEN = 1;
const WAIT_MS = 1_000;
const PATIENCE_MS = 120_000;

/**
 * Whose turn it is to write to a file, among threads.
 *
 * The system lets one thread at a time write to a file and keeps the others spinning; they had better sleep
 * and leave the core to those that have something to compute.
 */
export class WriteTurn {
  readonly #state: Int32Array;

  /** @param state Four shared bytes, zero at first. */
  constructor(state: SharedArrayBuffer) {
    this.#state = new Int32Array(state);
  }

  /**
   * Waits for the turn and writes.
   *
   * @param write What to do; short, and without waiting for anybody.
   * @throws What `write` throws; `internal` where the turn never comes.
   */
  take(write: () => void): void {
    const deadline = performance.now() + PATIENCE_MS;
    while (Atomics.compareExchange(this.#state, 0, FREE, TAKEN) !== FREE) {
      if (performance.now() > deadline) {
        throw new ParasyncError("internal", "Cannot write: another thread never ended its turn");
      }
      Atomics.wait(this.#state, 0, TAKEN, WAIT_MS);
    }
    try {
      write();
    } finally {
      Atomics.store(this.#state, 0, FREE);
      Atomics.notify(this.#state, 0, 1);
    }
  }
}

/** The state of a turn that nobody has. */
export function newTurn(): SharedArrayBuffer {
  return new SharedArrayBuffer(4);
}
