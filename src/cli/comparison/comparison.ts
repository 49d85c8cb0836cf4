import type { Summary } from "../output/summary.ts";
import type { Contender } from "./contender.ts";
import type { Spread } from "./spread.ts";

/** Why a run failed, as a child tells it. */
export interface RunFailure {
  /** The stable code. */
  readonly code: string;
  /** The exit code. */
  readonly exit: number;
  /** One line. */
  readonly message: string;
}

/** One run of a contender. */
export interface Run {
  /** From 1. */
  readonly round: number;
  /** Whether it only warms up, and does not count. */
  readonly warmUp: boolean;
  /** What it did; null where it failed. */
  readonly summary: Summary | null;
  /** Why it failed; null where it did not. */
  readonly failure: RunFailure | null;
}

/** What counts of a contender's runs. */
export interface Figures {
  /** Wall time in ms, without starting the process. */
  readonly elapsedMs: Spread;
  /** The counted run whose time is nearest the median: its stages and bytes are shown. */
  readonly typical: Summary;
  /** The most memory that the process of a counted run has held, in bytes; null where it is not known. */
  readonly peakBytes: number | null;
}

/** A contender and what became of it. */
export interface ContenderResult {
  readonly contender: Contender;
  readonly runs: readonly Run[];
  /** Null where a run failed: it dropped out then. */
  readonly figures: Figures | null;
  /** Why it dropped out; null where it did not. */
  readonly failure: RunFailure | null;
}

/** How all runs are done. */
export interface ComparisonSettings {
  readonly oldFile: string;
  readonly newFile: string;
  /** Sizes in bytes. */
  readonly oldBytes: number;
  readonly newBytes: number;
  /** The `--hw` that is asked for. */
  readonly hw: string;
  /** Threads that a scheme may use; serial ones use one. */
  readonly threads: number;
  /** The `--chunk-size`, as it is written. */
  readonly chunkSize: string;
  /** The `--store`. */
  readonly store: string;
  readonly fsync: boolean;
  /** How many rounds there are; with more than one, the first warms up. */
  readonly rounds: number;
}

/** The machine that it ran on. */
export interface Machine {
  readonly system: string;
  readonly cores: number;
  readonly deno: string;
  readonly version: string;
}

/** A comparison that is over. */
export interface Comparison {
  readonly settings: ComparisonSettings;
  readonly machine: Machine;
  readonly results: readonly ContenderResult[];
}

/** How many runs of each contender count. */
export function countedRounds(rounds: number): number {
  return Math.max(1, rounds - 1);
}
