/** What a micro bench is made of: a piece of work, its size, and whether it was done right. */
import type { HashBackend } from "../../src/hashing/backend.ts";

/** What no program on the machine does faster, measured beside everything else. */
export type LimitName = "copy" | "read" | "write";

/** One piece of work. A row of the table is one of these: to add a row, add one to a `…_cases.ts`. */
export interface Case {
  /** What part of the program it is. */
  readonly group: string;
  readonly name: string;
  /** How much one `run` does: bytes give GB/s, things of another kind give ns each. */
  readonly work: { readonly bytes: number } | { readonly count: number; readonly each: string };
  /** What to compare the speed with; only for bytes. */
  readonly limit?: LimitName;
  run(): void | Promise<void>;
  /** Looks at what the last `run` made, and throws where it is wrong. */
  check(): void | Promise<void>;
}

/** What cases are made with. */
export interface Materials {
  /** A folder for files; the caller removes it. */
  readonly folder: string;
  /** Every backend that is to be had here, the portable one first. */
  readonly backends: readonly HashBackend[];
  /** Told to close what a case has opened. */
  onEnd(close: () => void | Promise<void>): void;
}

/** Makes cases. */
export type CaseSource = (materials: Materials) => Promise<readonly Case[]> | readonly Case[];

/**
 * Insists that a result is right.
 *
 * @param right Whether it is.
 * @param what What is wrong otherwise.
 * @throws {Error} Where it is not.
 */
export function insist(right: boolean, what: string): void {
  if (!right) throw new Error(`Cannot trust the bench: ${what}`);
}
