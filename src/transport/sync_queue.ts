import { ParasyncError } from "../errors.ts";
import { BusyError } from "./busy.ts";

/** How many syncs work, and how many wait for that. */
export interface QueueLimits {
  /** The most syncs at work at once. */
  readonly maxConcurrent: number;
  /** The most that wait. */
  readonly maxQueue: number;
  /** How long one waits before it is told to come again, in ms. */
  readonly queueMs: number;
}

/** A sync that waits. */
interface Waiting {
  readonly admit: () => void;
}

/** When to come again that has waited already, in ms. */
const SOON_MS = 1000;

/** No client may have more than this part of the places in which to wait. */
const LARGEST_SHARE = 1 / 2;

/**
 * Lets so many syncs work at once, and the others wait for a while: clients take turns, and those of one client come
 * in the order in which they asked.
 */
export class SyncQueue {
  readonly #limits: QueueLimits;
  readonly #atWork: () => number;
  /** By client; whose turn is next comes first. */
  readonly #lines = new Map<string, Waiting[]>();
  #admitted = 0;
  #waiting = 0;

  /**
   * @param limits How many.
   * @param atWork How many syncs are at work, beside those that were admitted and have not begun.
   */
  constructor(limits: QueueLimits, atWork: () => number) {
    this.#limits = limits;
    this.#atWork = atWork;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Waits until a sync may begin.
   *
   * @param client Whose it is.
   * @param signal Aborted when the client goes.
   * @returns To be called once the sync counts as at work, or will never begin.
   * @throws {BusyError} Where too many wait already, or it has waited for too long.
   */
  async enter(client: string, signal: AbortSignal): Promise<() => void> {
    if (this.#waiting > 0 || !this.#hasRoom()) await this.#wait(client, signal);
    else this.#admitted++;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#admitted--;
      this.wake();
    };
  }

  /** A sync is at work no more: whose turn it is begins. */
  wake(): void {
    while (this.#waiting > 0 && this.#hasRoom()) {
      const [client, line] = this.#lines.entries().next().value!;
      const { admit } = line.shift()!;
      // Whoever has had a turn comes last.
      this.#lines.delete(client);
      if (line.length > 0) this.#lines.set(client, line);
      this.#waiting--;
      this.#admitted++;
      admit();
    }
  }

  #hasRoom(): boolean {
    return this.#atWork() + this.#admitted < this.#limits.maxConcurrent;
  }

  async #wait(client: string, signal: AbortSignal): Promise<void> {
    const { maxConcurrent, maxQueue, queueMs } = this.#limits;
    const mine = this.#lines.get(client) ?? [];
    const share = Math.ceil(maxQueue * LARGEST_SHARE);
    if (this.#waiting >= maxQueue || mine.length >= share) {
      throw new BusyError(
        `Cannot sync now: ${maxConcurrent} syncs are at work and ${this.#waiting} wait already`,
        queueMs,
      );
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting: Waiting = { admit: resolve };
    mine.push(waiting);
    this.#lines.set(client, mine);
    this.#waiting++;
    const leave = (reason: ParasyncError): void => {
      if (!this.#remove(client, waiting)) return;
      reject(reason);
    };
    const gone = (): void =>
      leave(new ParasyncError("stream", "Cannot go on: the client went away"));
    const timer = setTimeout(() =>
      leave(
        new BusyError(
          `Cannot sync now: ${maxConcurrent} syncs are at work, and none ended within ${queueMs} ms`,
          // It has waited: its next place in the queue should be as near as can be.
          SOON_MS,
        ),
      ), queueMs);
    signal.addEventListener("abort", gone);
    if (signal.aborted) gone();
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", gone);
    }
  }

  #remove(client: string, waiting: Waiting): boolean {
    const line = this.#lines.get(client);
    const place = line?.indexOf(waiting) ?? -1;
    if (line === undefined || place < 0) return false;
    line.splice(place, 1);
    if (line.length === 0) this.#lines.delete(client);
    this.#waiting--;
    return true;
  }
}
