import type { HardwareChoice } from "../hashing/backend.ts";
import type { StoreChoice } from "../files/store_choice.ts";
import type { ProgressListener } from "../schemes/scheme.ts";
import type { StageTime } from "../telemetry/stages.ts";
import type { DryRun } from "./dry_run.ts";
import type { SyncChoice } from "./sync_choice.ts";

/** What is reported of a file: the session's own digest, or its BLAKE3 as b3sum prints it. */
export type DigestKind = "session" | "blake3";

/** How a sync is to be done, whoever asks for it: a command line or a program. */
export interface SyncTask {
  /** What is to be done, for a new file of so many bytes; throws `usage` where it cannot be. */
  readonly choose: (size: number) => SyncChoice;
  /** Which backend computes checksums. */
  readonly hw: HardwareChoice;
  /** Where checksums are kept. */
  readonly store: StoreChoice;
  /** Whether and how it is only tried out; undefined: it is done. */
  readonly dry: DryRun | undefined;
  /** Which digest to report. */
  readonly digest: DigestKind;
  /** Stops the sync. */
  readonly signal: AbortSignal;
  /** Called once, when the sync is under way: what shows it need not be loaded before. */
  readonly observe: () => Promise<SyncObserver>;
}

/** Who is told what happens during a sync. */
export interface SyncObserver {
  /** Told how far each stage is. */
  readonly progress: ProgressListener;
  /** Whether somebody looks at it all the time, so that a server is worth asking how far it is. */
  readonly watched: boolean;
  /** Told, in a line, what works otherwise than asked for. */
  readonly warn: (problem: string) => void;
  /** Told, when the sync has succeeded, when both ends' stages were at work and how long the whole took, in ms. */
  readonly timeline?: (stages: readonly StageTime[], elapsedMs: number) => void;
  /** Called when the sync is over, well or badly. */
  readonly finish: () => void;
}
