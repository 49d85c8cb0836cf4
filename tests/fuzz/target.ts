import { Buffer } from "node:buffer";
import type { Numbers } from "../fixtures/seeded.ts";

/** Something that takes bytes of a peer or of a file apart. */
export interface FuzzTarget {
  readonly name: string;
  /** Of all cases, its share in relation to the others'. */
  readonly weight: number;
  /** An input that is mostly well-formed. */
  readonly make: (next: Numbers) => Uint8Array<ArrayBuffer>;
  /**
   * Takes an input apart.
   *
   * @returns What became of it, in a word or two; inputs of new kinds are worth keeping.
   * @throws {ParasyncError} For what it refuses; anything else is a finding.
   */
  readonly run: (bytes: Uint8Array<ArrayBuffer>, next: Numbers) => string | Promise<string>;
}

/** A property that does not hold. */
export class Finding extends Error {
  override readonly name = "Finding";
}

/**
 * @param holds Whether a property holds.
 * @param what Which.
 * @throws {Finding} When it does not.
 */
export function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Finding(what);
}

/** Whether two contents are the same. */
export function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
