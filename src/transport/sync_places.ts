import { BusyError } from "./busy.ts";
import { groupOf } from "./ip_address.ts";
import type { Session } from "./session.ts";
import { type QueueLimits, SyncQueue } from "./sync_queue.ts";

/** How long a sync keeps its place between two of its requests, in ms: what it has begun should not be sent away. */
const PLACE_MS = 500;

/** A session that goes on with another request may do so beyond the number of syncs at once, up to this multiple. */
const GOING_ON = 4;

/**
 * The places of the syncs that may work at once, and who gets the next one: a sync keeps its own while it is at work
 * and for a moment after that.
 */
export class SyncPlaces {
  readonly #limits: QueueLimits;
  readonly #sessions: ReadonlyMap<string, Session>;
  readonly #queue: SyncQueue;
  /** Each is set when a sync may lose its place by the time that it fires. */
  readonly #waking = new Set<ReturnType<typeof setTimeout>>();

  /**
   * @param limits How many places there are, and how many may wait for one.
   * @param sessions All sessions, as they are at any time.
   */
  constructor(limits: QueueLimits, sessions: ReadonlyMap<string, Session>) {
    this.#limits = limits;
    this.#sessions = sessions;
    this.#queue = new SyncQueue(limits, () => this.#holding());
  }

  /** How many syncs wait until they may work. */
  get waiting(): number {
    return this.#queue.waiting;
  }

  /** How many sessions have a request at work. */
  get busy(): number {
    let busy = 0;
    for (const session of this.#sessions.values()) if (session.requests > 0) busy++;
    return busy;
  }

  /**
   * Waits for a place.
   *
   * @param client The address of whose sync it is.
   * @param signal Aborted when the client goes.
   * @returns To be called once the sync counts as at work, or will never begin.
   * @throws {BusyError} Where too many wait already, or it has waited for too long.
   */
  enter(client: string, signal: AbortSignal): Promise<() => void> {
    const entering = this.#queue.enter(groupOf(client), signal);
    this.#wakeLater();
    return entering;
  }

  /**
   * Lets a sync that has begun go on. It does not wait in the queue: what it has done already would be lost if it were
   * sent away.
   *
   * @throws {BusyError} Where too many go on already.
   */
  requireRoom(): void {
    const { busy } = this;
    if (busy < GOING_ON * this.#limits.maxConcurrent) return;
    throw new BusyError(`Cannot go on now: ${busy} syncs are at work`, 1000);
  }

  /** A sync is between two of its requests: it has its place for a moment more. */
  paused(): void {
    this.#queue.wake();
    this.#wakeLater();
  }

  /** A sync is over. */
  left(): void {
    this.#queue.wake();
  }

  /** No place is given away by time alone any more. */
  close(): void {
    for (const timer of this.#waking) clearTimeout(timer);
  }

  /** How many syncs have a place: those at work, and those that have just been and are about to go on. */
  #holding(): number {
    const since = performance.now() - PLACE_MS;
    let holding = 0;
    for (const { requests, over, parts, lastUsed } of this.#sessions.values()) {
      if (requests > 0 || !over && !parts.looking && lastUsed > since) holding++;
    }
    return holding;
  }

  /** Whoever has a place and does not go on has lost it by then. */
  #wakeLater(): void {
    if (this.#queue.waiting === 0) return;
    const timer = setTimeout(() => {
      this.#waking.delete(timer);
      this.#queue.wake();
    }, PLACE_MS + 1);
    Deno.unrefTimer(timer);
    this.#waking.add(timer);
  }
}
