import { type ChecksumStore, RACY_MS } from "../files/checksum_store.ts";
import type { Location } from "../files/location.ts";
import { openPinned } from "../files/pinned_file.ts";
import type { Logger } from "../telemetry/log.ts";
import { readReference } from "../workers/file_reference.ts";
import type { LaneGroup } from "../workers/lane_group.ts";
import { storeRecords } from "./record_keeper.ts";

/** How much longer than it must a result rests before its checksums are stored, in ms. */
const MARGIN_MS = 1_000;

/** A result whose checksums the next sync of it will want. */
export interface KeptResult {
  readonly target: Location;
  /** Bytes in a block. */
  readonly block: number;
  readonly lanes: LaneGroup;
}

/**
 * Stores checksums of what a server has committed, for the next sync of a scheme that works from stored ones.
 *
 * Nobody waits for it. A result must rest until it can be told from a later change; one that is replaced
 * meanwhile is forgotten; and one is worked on at a time, so that syncs have the lanes.
 */
export class ResultKeeper {
  readonly #store: ChecksumStore;
  readonly #resting = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #stop = new AbortController();
  #last: Promise<void> = Promise.resolve();

  /** @param store Where checksums are kept. */
  constructor(store: ChecksumStore) {
    this.#store = store;
  }

  /**
   * Keeps the checksums of a result, by and by.
   *
   * @param result What was committed.
   * @param logger Told what came of it.
   */
  keep(result: KeptResult, logger: Logger): void {
    if (!this.#store.enabled || this.#stop.signal.aborted) return;
    const { path } = result.target;
    clearTimeout(this.#resting.get(path));
    const timer = setTimeout(() => {
      this.#resting.delete(path);
      this.#last = this.#last.then(() => this.#keepNow(result, logger));
    }, RACY_MS + MARGIN_MS);
    Deno.unrefTimer(timer);
    this.#resting.set(path, timer);
  }

  /** Stops: what has not been stored is computed when it is needed. */
  close(): void {
    this.#stop.abort();
    for (const timer of this.#resting.values()) clearTimeout(timer);
    this.#resting.clear();
  }

  async #keepNow(
    { target: { path, name }, block, lanes }: KeptResult,
    logger: Logger,
  ): Promise<void> {
    const { signal } = this.#stop;
    if (signal.aborted) return;
    try {
      using file = openPinned(path, { name });
      if (this.#store.isFresh(path)) return;
      try {
        const stored = await storeRecords(file, this.#store, block, lanes, signal);
        logger.info("Checksums of the new file", { name, stored });
      } finally {
        await lanes.release([readReference(file)]);
      }
    } catch (error) {
      logger.debug("Checksums were not stored", { name, reason: String(error) });
    }
  }
}
