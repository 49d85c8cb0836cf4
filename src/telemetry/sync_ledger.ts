import { printable } from "./printable.ts";
import type { SyncTotals } from "./server_status.ts";
import type { StageClock, StageTime } from "./stages.ts";

/** How a sync ended: its target is committed, it only looked at the basis, or it came to nothing. */
export type SyncOutcome = "committed" | "looked" | "failed";

/** What is known of a sync when it begins. */
export interface SyncFacts {
  /** The basis's name, as it was asked for. */
  readonly name: string;
  readonly scheme: string;
  /** Whose address it came from. */
  readonly client: string;
  /** The name of the token it came with; empty where it has none. */
  readonly user: string;
  /** Size of the basis in bytes. */
  readonly oldBytes: number;
  /** Times of the stages at this end. */
  readonly clock: StageClock;
  /** How far the target is, in bytes; a total of 0 where the new size is not known yet. */
  readonly progress: () => { readonly done: number; readonly total: number };
}

/** What a sync came to. */
export interface SyncEnd {
  readonly outcome: SyncOutcome;
  /** The failure's code and its line; empty for one that did not fail. */
  readonly code: string;
  readonly reason: string;
  /** Bytes of the target taken from the basis, and sent as they are; 0 where that is not known. */
  readonly copiedBytes: number;
  readonly literalBytes: number;
}

/** A sync as others may see it: no key, and nothing that could move a cursor. */
export interface SyncReport {
  /** Tells it from others of this process. */
  readonly number: number;
  readonly name: string;
  readonly scheme: string;
  readonly client: string;
  readonly user: string;
  /** When it began, ms since 1970. */
  readonly startedMs: number;
  readonly elapsedMs: number;
  readonly oldBytes: number;
  /** Size of the new file; 0 where it is not known yet. */
  readonly newBytes: number;
  /** Bytes of the target that are in their place. */
  readonly doneBytes: number;
  /** Bytes of bodies, from the client and to it. */
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly stages: readonly StageTime[];
  /** What it came to; null while it is at work. */
  readonly end: SyncEnd | null;
}

/** How many syncs that are over are remembered. */
const MOST_RECENT = 50;

/** How much of a name or a reason is kept. */
const MOST_TEXT = 300;

/** One sync of a server, while it is at work. */
export class SyncEntry {
  receivedBytes = 0;
  sentBytes = 0;
  readonly #number: number;
  readonly #facts: SyncFacts;
  readonly #startedMs = Date.now();

  /**
   * @param number Tells it from others of this process.
   * @param facts What is known of it.
   */
  constructor(number: number, facts: SyncFacts) {
    this.#number = number;
    this.#facts = facts;
  }

  /** What it is now. */
  report(end: SyncEnd | null = null): SyncReport {
    const { name, scheme, client, user, oldBytes, clock, progress } = this.#facts;
    const { done, total } = progress();
    return {
      number: this.#number,
      name: printable(name, MOST_TEXT),
      scheme,
      client: printable(client, MOST_TEXT),
      user: printable(user, MOST_TEXT),
      startedMs: this.#startedMs,
      elapsedMs: clock.elapsedMs,
      oldBytes,
      newBytes: total,
      doneBytes: end?.outcome === "committed" ? total : done,
      receivedBytes: this.receivedBytes,
      sentBytes: this.sentBytes,
      stages: clock.timeline(),
      end: end && { ...end, reason: printable(end.reason, MOST_TEXT) },
    };
  }
}

/** The syncs of a server: those at work, and the last that are over. */
export class SyncLedger {
  readonly #live = new Set<SyncEntry>();
  readonly #recent: SyncReport[] = [];
  #count = 0;
  #totals: SyncTotals = { committed: 0, failed: 0, targetBytes: 0, wireBytes: 0 };

  /** Sums over those that are over. */
  get totals(): SyncTotals {
    return this.#totals;
  }

  /** Enters one that begins. */
  begin(facts: SyncFacts): SyncEntry {
    const entry = new SyncEntry(++this.#count, facts);
    this.#live.add(entry);
    return entry;
  }

  /**
   * Notes how one ended.
   *
   * @returns What it came to; null where that was noted before.
   */
  end(entry: SyncEntry, end: SyncEnd): SyncReport | null {
    if (!this.#live.delete(entry)) return null;
    const report = entry.report(end);
    const { committed, failed, targetBytes, wireBytes } = this.#totals;
    if (end.outcome === "failed") this.#totals = { ...this.#totals, failed: failed + 1 };
    if (end.outcome === "committed") {
      this.#totals = {
        committed: committed + 1,
        failed,
        targetBytes: targetBytes + report.newBytes,
        wireBytes: wireBytes + report.receivedBytes + report.sentBytes,
      };
    }
    this.#recent.unshift(report);
    if (this.#recent.length > MOST_RECENT) this.#recent.length = MOST_RECENT;
    return report;
  }

  /** Those at work, the oldest first. */
  live(): SyncReport[] {
    return [...this.#live].map((entry) => entry.report());
  }

  /** Those that are over, the last first. */
  recent(): readonly SyncReport[] {
    return this.#recent;
  }
}
