import { BusyError } from "./busy.ts";
import { groupOf } from "./ip_address.ts";

/** Wrong tokens that an address may send at once. */
const MOST_FAILURES = 10;

/** In what time one of them is forgotten, in ms. */
const FORGET_MS = 6_000;

/** The most addresses remembered: the one that has been quiet the longest goes first. */
const MOST_ADDRESSES = 4096;

interface Failures {
  count: number;
  /** When `count` was right, in ms of the process's clock. */
  at: number;
}

/**
 * Slows down who tries tokens: an address may fail ten times, and then once in six seconds; what it sends in between
 * is refused without a look at its token, the right one too.
 */
export class TokenThrottle {
  readonly #byAddress = new Map<string, Failures>();
  readonly #now: () => number;

  /** @param now The clock, in ms. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** How many addresses are remembered. */
  get size(): number {
    return this.#byAddress.size;
  }

  /**
   * Makes sure that a token may be looked at.
   *
   * @param client Whose it is.
   * @throws {BusyError} Where too many were wrong.
   */
  require(client: string): void {
    const failures = this.#byAddress.get(groupOf(client));
    if (failures === undefined) return;
    const over = this.#countOf(failures) - (MOST_FAILURES - 1);
    if (over <= 0) return;
    throw new BusyError(
      "Cannot serve the request: too many wrong tokens came from this address; wait",
      over * FORGET_MS,
    );
  }

  /** A token was wrong. */
  failed(client: string): void {
    const group = groupOf(client);
    const failures = this.#byAddress.get(group);
    const count = failures === undefined ? 0 : this.#countOf(failures);
    this.#byAddress.delete(group);
    this.#byAddress.set(group, { count: count + 1, at: this.#now() });
    const [oldest] = this.#byAddress.keys();
    if (this.#byAddress.size > MOST_ADDRESSES) this.#byAddress.delete(oldest!);
  }

  #countOf({ count, at }: Failures): number {
    return Math.max(0, count - (this.#now() - at) / FORGET_MS);
  }
}
