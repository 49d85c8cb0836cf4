import { ParasyncError } from "../errors.ts";
import { STRONG_BYTES } from "../hashing/backend.ts";
import { SEGMENT_BYTES, segmentCount } from "../hashing/session_digest.ts";
import type { Assembly, OrderedAssembler, SegmentReader } from "./assembler.ts";
import { BatchCutter } from "./batch_cutter.ts";
import type { PatchEnd } from "./decoder.ts";
import { addTotals, type DeltaTotals, noTotals, requireTotals } from "./format.ts";
import { ZEROS } from "./range_queue.ts";
import type { AppendBatch, Appended } from "./segment_builder.ts";
import { Work } from "./work.ts";

/** Who builds and hashes for a sequential assembler: one lane, which does its jobs in the order they come. */
export interface AppendLane extends SegmentReader {
  /** Builds bytes of the target. */
  append(batch: AppendBatch): Promise<Appended>;
}

/** What a sequential assembler builds, and with whom. */
export interface SequentialOptions extends Assembly {
  /** Who builds and hashes. */
  readonly lane: AppendLane;
}

/** Batches under way: one at work, and one that waits in the lane meanwhile. */
const DEPTH = 2;

/**
 * Builds the target from commands in its own order, as every scheme but parasync's sends them: one patcher that
 * appends.
 *
 * Commands are gathered up to the edge of each segment, and a lane builds, hashes and writes it in one go. The
 * streams of a patch come one after the other; where one ends, an unfinished segment waits for the next.
 */
export class SequentialAssembler implements OrderedAssembler {
  readonly #size: number;
  readonly #lane: AppendLane;
  readonly #digest: SequentialOptions["digest"];
  readonly #segments: Uint8Array;
  readonly #totals = noTotals();
  readonly #cutter: BatchCutter;
  readonly #work = new Work(() => this.#dispatch());
  #wanted: Uint8Array | undefined;
  #repairing = false;
  /** Where the next command must begin. */
  #position = 0;
  #covered = 0;

  /** @param options What to build. */
  constructor({ size, lane, digest }: SequentialOptions) {
    this.#size = size;
    this.#lane = lane;
    this.#digest = digest;
    this.#segments = new Uint8Array(segmentCount(size) * STRONG_BYTES);
    this.#cutter = new BatchCutter(size);
  }

  get segments(): Uint8Array {
    return this.#segments;
  }

  get covered(): number {
    return this.#covered;
  }

  copy(source: number, target: number, length: number): void {
    if (this.#repairing) throw refuseRepair("it has a copy");
    this.#advance(target, length);
    this.#cutter.push(source, target, length);
  }

  literal(target: number, bytes: Uint8Array): void {
    if (this.#repairing) this.#skipTo(target);
    this.#advance(target, bytes.length);
    this.#cutter.pushLiteral(target, bytes);
  }

  zero(target: number, length: number): void {
    if (this.#repairing) throw refuseRepair("it has zeros without their bytes");
    this.#advance(target, length);
    this.#cutter.push(ZEROS, target, length);
  }

  async pump(): Promise<void> {
    for (;;) {
      this.#dispatch();
      this.#work.throwIfFailed();
      if (this.#cutter.empty) return;
      await this.#work.change();
    }
  }

  ended(totals: Readonly<DeltaTotals>): void {
    addTotals(this.#totals, totals);
  }

  async finish({ totals, digest }: PatchEnd): Promise<boolean> {
    await this.#settle();
    if (this.#position < this.#size) {
      throw new ParasyncError(
        "stream",
        `Cannot complete the target: no command made its bytes ${this.#position} to ${
          this.#size - 1
        }`,
      );
    }
    requireTotals(totals, this.#totals);
    this.#wanted = digest;
    return this.#verify();
  }

  beginRepair(): void {
    this.#repairing = true;
    this.#position = 0;
    this.#covered = 0;
  }

  async finishRepair(): Promise<boolean> {
    await this.#settle();
    if (!this.#atEdge()) throw refuseRepair("it has a segment in parts");
    return this.#verify();
  }

  fail(reason: unknown): void {
    this.#work.fail(reason);
  }

  idle(): Promise<void> {
    return this.#work.idle();
  }

  #advance(target: number, length: number): void {
    if (target !== this.#position) {
      throw new ParasyncError(
        "bad_request",
        `Cannot accept patch: byte ${target} comes where byte ${this.#position} is due`,
      );
    }
    if (!(length >= 1 && length <= this.#size - target)) {
      throw new ParasyncError(
        "bad_request",
        `Cannot accept patch: ${length} bytes from ${target} are outside the target`,
      );
    }
    this.#position += length;
  }

  /** A repair leaves out segments that are right. */
  #skipTo(target: number): void {
    if (target === this.#position) return;
    if (!this.#atEdge() || target % SEGMENT_BYTES !== 0) {
      throw refuseRepair("it has a segment in parts");
    }
    if (target > this.#position) this.#position = target;
  }

  #atEdge(): boolean {
    return this.#position % SEGMENT_BYTES === 0 || this.#position === this.#size;
  }

  async #settle(): Promise<void> {
    await this.pump();
    await this.#work.settle();
  }

  #verify(): boolean {
    const found = this.#digest(this.#size, this.#segments);
    return this.#wanted !== undefined && found.every((byte, i) => byte === this.#wanted![i]);
  }

  #dispatch(): void {
    while (!this.#work.failed && this.#cutter.fill() && this.#work.underWay < DEPTH) {
      const batch = { ...this.#cutter.take(), fresh: !this.#repairing };
      this.#work.start(() => this.#append(batch));
    }
  }

  async #append(batch: AppendBatch): Promise<void> {
    const { digest, literals } = await this.#lane.append(batch);
    this.#cutter.recycle(literals);
    this.#covered += batch.length;
    const end = batch.target + batch.length;
    const segment = Math.floor(batch.target / SEGMENT_BYTES);
    if (digest !== null) {
      this.#segments.set(digest, segment * STRONG_BYTES);
    } else if (end % SEGMENT_BYTES === 0 || end === this.#size) {
      // It came in several batches, of which this was the last.
      const { digests } = await this.#lane.verify(Float64Array.of(segment));
      this.#segments.set(digests, segment * STRONG_BYTES);
    }
  }
}

function refuseRepair(reason: string): ParasyncError {
  return new ParasyncError("bad_request", `Cannot accept repair: ${reason}`);
}
