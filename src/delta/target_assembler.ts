import { ParasyncError } from "../errors.ts";
import { STRONG_BYTES } from "../hashing/backend.ts";
import { SEGMENT_BYTES, segmentCount } from "../hashing/session_digest.ts";
import type { AbsoluteAssembler, Assembly, SegmentReader } from "./assembler.ts";
import { Coverage } from "./coverage.ts";
import type { PatchEnd } from "./decoder.ts";
import { addTotals, type DeltaTotals, noTotals, requireTotals } from "./format.ts";
import { type CopyPieces, enterDigests, type SegmentDigests } from "./piece_applier.ts";
import { PieceCutter } from "./piece_cutter.ts";
import { Work } from "./work.ts";

/** Who copies and hashes for an assembler. */
export interface PieceLanes extends SegmentReader {
  /** How many jobs to keep under way. */
  depth(): number;
  /** Copies pieces of the basis into the target. */
  apply(pieces: CopyPieces): Promise<SegmentDigests>;
  /** Hashes segments of the basis, where it can stay as it is if it is the new file; absent where it cannot. */
  verifyBasis?(segments: Float64Array<ArrayBuffer>): Promise<SegmentDigests>;
}

/** What an assembler builds, and with whom. */
export interface AssemblerOptions extends Assembly {
  /** The most separate ranges to remember. */
  readonly maxIntervals: number;
  /** Who copies and hashes. */
  readonly lanes: PieceLanes;
  /** Called when a basis that might have stayed cannot; what it throws is thrown to whoever has asked for that. */
  readonly onLeave?: (() => void) | undefined;
}

/** Segments are read back in jobs of this many. */
const VERIFY_SEGMENTS = 4;

/**
 * Builds the target from the commands of one or more patch streams, which may arrive in any order and at the
 * same time: copies run in the lanes beside the literals that the streams write (ParaSync, FAST'26, §3.3.1).
 *
 * Every segment is hashed as soon as it is complete, while it is copied where it is copied whole, so that
 * the digest over the whole file is known when the last byte is in its place.
 */
export class TargetAssembler implements AbsoluteAssembler {
  readonly #lanes: PieceLanes;
  readonly #size: number;
  readonly #digest: AssemblerOptions["digest"];
  readonly #maxIntervals: number;
  readonly #onLeave: (() => void) | undefined;
  #coverage: Coverage;
  #wanted: Uint8Array | undefined;
  readonly #segments: Uint8Array;
  readonly #hashed: Uint8Array;
  readonly #cutter = new PieceCutter();
  readonly #totals = noTotals();
  #complete: number[] = [];
  /** Segments that were there before, until they are read. */
  readonly #held = new Set<number>();
  #heldBytes = 0;
  /** Those of them that have not been read yet. */
  #unread = 0;
  readonly #work = new Work(() => this.#dispatch());
  #repairing = false;
  /**
   * Whether all that was asked for so far is the basis from its beginning on, so that nothing need be written if it
   * goes on like that; and how much of it.
   */
  #stays: boolean;
  #staying = 0;
  /** Bytes of the basis that were found to be the target's. */
  #looked = 0;

  /** @param options What to build. */
  constructor(options: AssemblerOptions) {
    const { size, maxIntervals, lanes } = options;
    this.#size = size;
    this.#lanes = lanes;
    this.#onLeave = options.onLeave;
    this.#stays = lanes.verifyBasis !== undefined;
    this.#digest = options.digest;
    this.#segments = new Uint8Array(segmentCount(size) * STRONG_BYTES);
    this.#hashed = new Uint8Array(segmentCount(size));
    this.#maxIntervals = maxIntervals;
    this.#coverage = this.#newCoverage();
  }

  /** Digests of the target's segments, 32 bytes each, as they came out. */
  get segments(): Uint8Array {
    return this.#segments;
  }

  /** Bytes of the target that are in their place, or that the basis was found to have there. */
  get covered(): number {
    return this.#coverage.covered - this.#unread + this.#looked;
  }

  /** Once it is finished: whether the basis is the new file, so that nothing was written. */
  get unchanged(): boolean {
    return this.#stays;
  }

  /** Bytes that were in their place before. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** What all streams that have ended so far held. */
  get totals(): Readonly<DeltaTotals> {
    return this.#totals;
  }

  /**
   * Asks for a copy; it is carried out by and by.
   *
   * @throws {ParasyncError} `bad_request` in a repair, which sends what it mends.
   */
  copy(source: number, target: number, length: number): void {
    // Zeros are not written when they are copied, and where a repair is due there may be something else.
    if (this.#repairing) {
      throw new ParasyncError("bad_request", "Cannot accept repair: it has a copy");
    }
    if (this.#stays && (source !== target || target !== this.#staying)) this.#leave();
    this.#staying += length;
    this.#cutter.push(source, target, length);
  }

  /**
   * A segment is in its place from the beginning, because an interrupted sync has left it there. It is read when
   * everything else is done: until then whoever left it might still have written to it.
   *
   * @param segment Which.
   * @throws {ParasyncError} `bad_request` where some of it was written.
   */
  hold(segment: number): void {
    this.#leave();
    this.#held.add(segment);
    const begin = segment * SEGMENT_BYTES;
    const length = Math.min(SEGMENT_BYTES, this.#size - begin);
    this.#coverage.add(begin, length);
    this.#heldBytes += length;
    this.#unread += length;
  }

  /** Bytes have been written to the target. */
  wrote(target: number, length: number): void {
    this.#leave();
    this.#coverage.add(target, length);
  }

  /** Bytes are a hole in the target. */
  zero(target: number, length: number): void {
    this.#leave();
    this.#coverage.add(target, length);
  }

  /**
   * Sets the lanes to work on what has been asked for.
   *
   * @returns Resolves when there is room for more, which bounds what can pile up.
   * @throws What kept a job from being done.
   */
  async pump(): Promise<void> {
    for (;;) {
      this.#dispatch();
      this.#work.throwIfFailed();
      if (this.#stays || this.#cutter.empty) return;
      await this.#work.change();
    }
  }

  /** One of the streams has ended. */
  ended(totals: Readonly<DeltaTotals>): void {
    addTotals(this.#totals, totals);
  }

  /**
   * Waits for all that is under way and compares the whole with the new file.
   *
   * @param end What the last stream ended with.
   * @returns Whether the digest is the new file's.
   * @throws {ParasyncError} `bad_request` where the commands do not cover the target exactly once or are not
   * those announced.
   */
  async finish({ totals, digest }: PatchEnd): Promise<boolean> {
    if (this.#stays && this.#staying === this.#size) {
      requireTotals(totals, this.#totals);
      this.#wanted = digest;
      if (await this.#verifyBasis()) return true;
    }
    this.#leave();
    await this.#settle();
    this.#coverage.assertExact();
    requireTotals(totals, this.#totals);
    this.#wanted = digest;
    return await this.#verify();
  }

  /** Takes segments anew, each of them whole; {@linkcode finishRepair} ends it. */
  beginRepair(): void {
    this.#coverage = this.#newCoverage();
    this.#hashed.fill(0);
    this.#repairing = true;
  }

  /**
   * Waits for the segments that were taken anew and compares the whole once more.
   *
   * @returns Whether the digest is the new file's now.
   * @throws {ParasyncError} `bad_request` where a segment was not taken whole or twice.
   */
  async finishRepair(): Promise<boolean> {
    await this.#settle();
    // Segments that are not taken whole are not hashed again.
    const edges = this.#coverage.gaps();
    if (!edges.every((edge) => edge % SEGMENT_BYTES === 0 || edge === this.#size)) {
      throw new ParasyncError("bad_request", "Cannot accept repair: it has a segment in parts");
    }
    return await this.#verify();
  }

  /** The basis cannot stay: the target will be written. */
  #leave(): void {
    if (!this.#stays) return;
    this.#stays = false;
    this.#onLeave?.();
  }

  async #verifyBasis(): Promise<boolean> {
    const count = segmentCount(this.#size);
    let next = 0;
    const one = async (): Promise<void> => {
      while (next < count && !this.#work.failed) {
        const segments = Float64Array.from(
          { length: Math.min(VERIFY_SEGMENTS, count - next) },
          () => next++,
        );
        const found = await this.#lanes.verifyBasis!(segments);
        enterDigests(found, this.#segments);
        this.#looked = Math.min(this.#size, this.#looked + segments.length * SEGMENT_BYTES);
      }
    };
    for (let i = this.#lanes.depth(); i > 0; i--) this.#work.start(one);
    await this.#work.settle();
    return this.#isWanted();
  }

  async #settle(): Promise<void> {
    await this.pump();
    await this.#work.settle();
  }

  async #verify(): Promise<boolean> {
    if (this.#heldBytes > 0) {
      // Whoever left what is held may have written to any of it until now.
      this.#complete = Array.from(this.#hashed.keys());
    }
    this.#dispatchVerification(1);
    await this.#settle();
    return this.#isWanted();
  }

  #isWanted(): boolean {
    const found = this.#digest(this.#size, this.#segments);
    return this.#wanted !== undefined && found.every((byte, i) => byte === this.#wanted![i]);
  }

  #newCoverage(): Coverage {
    return new Coverage({
      size: this.#size,
      maxIntervals: this.#maxIntervals,
      segmentBytes: SEGMENT_BYTES,
      onSegments: (first, end) => {
        for (let segment = first; segment < end; segment++) {
          if (this.#hashed[segment] === 0 && !this.#held.has(segment)) this.#complete.push(segment);
        }
      },
    });
  }

  /** Gives up: nothing more is dispatched, and whoever waits is told. */
  fail(reason: unknown): void {
    this.#work.fail(reason);
  }

  /** Resolves when no job is under way any more. */
  idle(): Promise<void> {
    return this.#work.idle();
  }

  #dispatch(): void {
    while (
      !this.#stays && this.#work.underWay < this.#lanes.depth() && !this.#cutter.empty &&
      !this.#work.failed
    ) {
      const pieces = this.#cutter.next();
      this.#work.start(async () => {
        this.#note(await this.#lanes.apply(pieces));
        for (let i = 0; i < pieces.lengths.length; i++) {
          this.wrote(pieces.targets[i]!, pieces.lengths[i]!);
        }
      });
    }
    this.#dispatchVerification(VERIFY_SEGMENTS);
  }

  #dispatchVerification(least: number): void {
    while (this.#complete.length >= least && !this.#work.failed) {
      const segments = Float64Array.from(this.#complete.splice(0, VERIFY_SEGMENTS));
      this.#work.start(async () => this.#note(await this.#lanes.verify(segments)));
    }
  }

  #note(found: SegmentDigests): void {
    enterDigests(found, this.#segments);
    const { segments } = found;
    for (let i = 0; i < segments.length; i++) {
      const segment = segments[i]!;
      this.#hashed[segment] = 1;
      if (this.#held.delete(segment)) {
        this.#unread -= Math.min(SEGMENT_BYTES, this.#size - segment * SEGMENT_BYTES);
      }
    }
  }
}
