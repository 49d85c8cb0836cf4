import type { HardwareChoice } from "../hashing/backend.ts";
import { InlineLane, WorkerLane } from "./lane_handle.ts";
import { LaneGroup } from "./lane_group.ts";

/** Work on fewer bytes than this is done in the main thread, which a server should not block for long. */
const SMALL_WORK_BYTES = 2 << 20;

/**
 * Where the main thread may work, it is done with so many bytes by the time that a worker has started up
 * and warmed its code. With more of them it had better stay free: while it works, what the other end says is taken
 * late, and the two no longer work at the same time on what they send each other.
 */
const ALONE_BYTES = 256 << 20;

/**
 * The lanes of one process, started when there is work for them and kept.
 *
 * A server's sessions share its lanes; the main thread stays free for the network. A client's main thread does what
 * is soon done by itself: it begins at once, when workers would still be starting up.
 */
export class LanePool {
  readonly #size: number;
  readonly #mainWorks: boolean;
  readonly #workers: WorkerLane[] = [];
  #inline: InlineLane | undefined;

  /**
   * @param size How many threads may work at once.
   * @param options `mainWorks`: whether the main thread does what is soon done.
   */
  constructor(size: number, { mainWorks }: { mainWorks: boolean }) {
    this.#size = size;
    this.#mainWorks = mainWorks;
  }

  /**
   * Lanes for one session, the least busy ones.
   *
   * @param threads How many the session asks for; it gets no more than the pool has.
   * @param bytes About how many bytes there are to work on.
   * @param hw Which backend its jobs use.
   */
  group(threads: number, bytes: number, hw: HardwareChoice): LaneGroup {
    const count = Math.min(threads, this.#size);
    if (bytes <= (this.#mainWorks ? ALONE_BYTES : SMALL_WORK_BYTES)) {
      return new LaneGroup([this.#inlineLane()], hw);
    }
    return new LaneGroup(this.#workerLanes(count, hw), hw);
  }

  /**
   * Lanes that leave the main thread free for what it has to send, where there are any.
   *
   * @param threads How many threads there may be, the main one among them.
   * @param hw Which backend their jobs use.
   */
  besideMain(threads: number, hw: HardwareChoice): LaneGroup {
    const count = Math.min(threads, this.#size) - 1;
    return new LaneGroup(count < 1 ? [this.#inlineLane()] : this.#workerLanes(count, hw), hw);
  }

  /** The least busy workers, started if need be. */
  #workerLanes(count: number, hw: HardwareChoice): WorkerLane[] {
    for (let i = this.#workers.length - 1; i >= 0; i--) {
      if (this.#workers[i]!.dead) this.#workers.splice(i, 1);
    }
    while (this.#workers.length < count) {
      const worker = new WorkerLane();
      // Fails only with the worker itself, which the first real job reports.
      worker.run({ kind: "prepare", hw }).catch(() => {});
      this.#workers.push(worker);
    }
    return this.#workers.toSorted((a, b) => a.load - b.load).slice(0, count);
  }

  /** Ends every lane. */
  close(): void {
    this.#inline?.close();
    for (const worker of this.#workers.splice(0)) worker.close();
  }

  #inlineLane(): InlineLane {
    return this.#inline ??= new InlineLane();
  }
}
