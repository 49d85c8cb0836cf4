const NOTHING = new Uint8Array(0);

/** Turns taken one after the other while a connection is likely to be opened at the same time. */
const EAGER_TURNS = 16;

/** Turns that a request takes to leave by a connection that is there. */
const SENDING_TURNS = 4;

/** How long the network may wait later on, in ms. */
const SLICE_MS = 3;

/**
 * Lets the network have its turn between pieces of work on the main thread.
 *
 * Timers take a millisecond or more, and the runtime serves immediates and messages again and again before it
 * looks at sockets, so that a request may not leave for 50 ms; an operation that another thread answers
 * brings it to the sockets within 0.1 ms.
 */
export class EventLoop {
  #turns = 0;
  #last = 0;
  /** Begun before the piece of work that has just ended, so that it need not be waited for. */
  #operation: Promise<unknown> = Promise.resolve();

  /** Resolves when what has just been asked of the network is on its way. */
  async sent(): Promise<void> {
    // Who sends is told in the first turn that there is something, and does it in those after it.
    for (let turn = 0; turn < SENDING_TURNS; turn++) await crypto.subtle.digest("SHA-1", NOTHING);
  }

  /** Resolves when the network has been served, or at once where it was just now. */
  async turn(): Promise<void> {
    if (this.#turns >= EAGER_TURNS && performance.now() - this.#last < SLICE_MS) return;
    this.#turns++;
    await this.#operation;
    this.#operation = crypto.subtle.digest("SHA-1", NOTHING);
    this.#last = performance.now();
  }
}
