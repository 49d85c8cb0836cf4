import type { SyncReport } from "./sync_ledger.ts";

/** Sums over the syncs that are over. */
export interface SyncTotals {
  readonly committed: number;
  readonly failed: number;
  /** Bytes of committed targets. */
  readonly targetBytes: number;
  /** Bytes of bodies, both ways, that these took. */
  readonly wireBytes: number;
}

/** What the status page shows; `/status.json` is this. */
export interface ServerStatus {
  readonly version: string;
  /** The server's time, ms since 1970. */
  readonly nowMs: number;
  readonly uptimeMs: number;
  /** Why it cannot take a sync now; null where it can. */
  readonly notReady: string | null;
  readonly residentBytes: number;
  /** Null where that is not known, as below. */
  readonly openDescriptors: number | null;
  /** Bytes that may still be written below the root. */
  readonly freeBytes: number | null;
  /** Requests that are not answered yet. */
  readonly requestsAtWork: number;
  readonly sessions: number;
  readonly syncsAtWork: number;
  readonly mostSyncs: number;
  /** Syncs that wait for their turn. */
  readonly queueLength: number;
  readonly totals: SyncTotals;
  /** Syncs at work, the oldest first. */
  readonly live: readonly SyncReport[];
  /** The last that are over, the last first. */
  readonly recent: readonly SyncReport[];
}
