import type { PatchEnd } from "./decoder.ts";
import type { DeltaTotals } from "./format.ts";
import type { SegmentDigests } from "./piece_applier.ts";

/** What an assembler builds. */
export interface Assembly {
  /** Size of the target in bytes. */
  readonly size: number;
  /** Computes the session digest from the segments' digests. */
  readonly digest: (size: number, segments: Uint8Array) => Uint8Array;
}

/** Who looks at what was built. */
export interface SegmentReader {
  /** Reads segments of the target back and hashes them. */
  verify(segments: Float64Array<ArrayBuffer>): Promise<SegmentDigests>;
}

/** Puts the target together, as the streams of a patch and their reception see it. */
export interface AssemblerBase {
  /** Digests of the target's segments, 32 bytes each, as they came out. */
  readonly segments: Uint8Array;
  /** Bytes of the target that are in their place. */
  readonly covered: number;

  /**
   * Asks for a copy; it is carried out by and by.
   *
   * @throws {ParasyncError} `bad_request` where it has no business there.
   */
  copy(source: number, target: number, length: number): void;

  /**
   * The target is zero for `length` bytes.
   *
   * @throws {ParasyncError} `bad_request` where they have no business there.
   */
  zero(target: number, length: number): void;

  /**
   * Works on what has been asked for.
   *
   * @returns Resolves when there is room for more, which bounds what can pile up.
   * @throws What kept a job from being done.
   */
  pump(): Promise<void>;

  /** One of the streams has ended. */
  ended(totals: Readonly<DeltaTotals>): void;

  /**
   * Waits for all that is under way and compares the whole with the new file.
   *
   * @param end What the last stream ended with.
   * @returns Whether the digest is the new file's.
   * @throws {ParasyncError} `bad_request` or `stream` where the commands do not cover the target exactly once or
   * are not those announced.
   */
  finish(end: PatchEnd): Promise<boolean>;

  /** Takes segments anew, each of them whole; {@linkcode finishRepair} ends it. */
  beginRepair(): void;

  /**
   * Waits for the segments that were taken anew and compares the whole once more.
   *
   * @returns Whether the digest is the new file's now.
   * @throws {ParasyncError} `bad_request` where a segment was not taken whole or twice.
   */
  finishRepair(): Promise<boolean>;

  /** Gives up: nothing more is dispatched, and whoever waits is told. */
  fail(reason: unknown): void;

  /** Resolves when no job is under way any more. */
  idle(): Promise<void>;
}

/** An assembler whose streams write literals themselves, side by side. */
export interface AbsoluteAssembler extends AssemblerBase {
  /** Bytes that were in their place before. */
  readonly heldBytes: number;
  /** Once it is finished: whether the basis is the new file, so that nothing was written. */
  readonly unchanged: boolean;
  /**
   * A segment is in its place from the beginning.
   *
   * @throws {ParasyncError} `bad_request` where some of it was written.
   */
  hold(segment: number): void;
  /** Bytes have been written to the target. */
  wrote(target: number, length: number): void;
}

/** An assembler that takes literals like everything else, in one order. */
export interface OrderedAssembler extends AssemblerBase {
  /**
   * Takes bytes of the target.
   *
   * @param target Where they go.
   * @param bytes They must stay what they are until {@linkcode pump} has resolved.
   * @throws {ParasyncError} `bad_request` where they have no business there.
   */
  literal(target: number, bytes: Uint8Array): void;
}

/** Who puts the target together. */
export type Assembler = AbsoluteAssembler | OrderedAssembler;
