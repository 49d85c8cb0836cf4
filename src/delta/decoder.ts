import { ParasyncError } from "../errors.ts";
import { BatchReader } from "./batch_reader.ts";
import {
  CommandIntake,
  type CommandReader,
  type DeltaExpectations,
  type DeltaSink,
  refuse,
} from "./command_intake.ts";
import { FixedReader } from "./fixed_reader.ts";
import {
  BATCH_VERSION,
  DELTA_MAGIC,
  type DeltaTotals,
  FIXED_VERSION,
  getU64,
  HEADER_BYTES,
  headerCheck,
} from "./format.ts";

export type { DeltaEnd, DeltaExpectations, DeltaSink, PatchEnd } from "./command_intake.ts";

/**
 * Reads a delta of either version (docs/protocol.md) as it arrives; a compressed one must have passed through
 * `plainDelta`.
 *
 * It behaves the same however the stream is cut into pieces, except that a literal that spans pieces
 * reaches the sink in parts. That every byte of the target is covered exactly once is not its concern but that of
 * Coverage.
 */
export class DeltaDecoder {
  readonly #expected: DeltaExpectations;
  readonly #intake: CommandIntake;
  /** Reads what follows the header, once that is here. */
  #reader: CommandReader | undefined;
  #failed = false;

  /** A header that spans pieces. */
  readonly #partial = new Uint8Array(HEADER_BYTES);
  #partialFilled = 0;

  /**
   * @param expected The sizes the header must state and the most commands to accept.
   * @param sink Takes the commands.
   */
  constructor(expected: DeltaExpectations, sink: DeltaSink) {
    this.#expected = expected;
    this.#intake = new CommandIntake(expected, sink);
  }

  /** What this stream held so far; a literal counts when its data begins. */
  get totals(): Readonly<DeltaTotals> {
    return { ...this.#intake.totals };
  }

  /** Whether the stream's end has been read. */
  get ended(): boolean {
    return this.#reader?.ended ?? false;
  }

  /**
   * Takes the next piece of the stream.
   *
   * @param piece Any number of bytes.
   * @throws {ParasyncError} `bad_request` for a delta that is malformed or not the session's,
   * `unsupported_version` for one of another version, `too_large` for one of too many commands; from then
   * on every call fails.
   */
  push(piece: Uint8Array): void {
    if (this.#failed) throw refuse("an earlier part of it was refused");
    this.#failed = true;
    if (this.#reader === undefined) {
      const taken = Math.min(piece.length, HEADER_BYTES - this.#partialFilled);
      this.#partial.set(piece.subarray(0, taken), this.#partialFilled);
      this.#partialFilled += taken;
      if (this.#partialFilled === HEADER_BYTES) {
        this.#reader = this.#takeHeader(new DataView(this.#partial.buffer));
        this.#reader.push(piece, taken);
      }
    } else {
      this.#reader.push(piece, 0);
    }
    this.#failed = false;
  }

  /**
   * Says that the stream is over.
   *
   * @throws {ParasyncError} `stream` when its end has not been read.
   */
  finish(): void {
    if (this.#failed || !this.ended) {
      throw new ParasyncError(
        "stream",
        "Cannot read delta: the stream is over before its end command",
      );
    }
  }

  #takeHeader(view: DataView): CommandReader {
    if (view.getUint32(0, true) !== DELTA_MAGIC) throw refuse("it does not begin with PSD1");
    const version = view.getUint16(4, true);
    if (version !== FIXED_VERSION && version !== BATCH_VERSION) {
      throw new ParasyncError(
        "unsupported_version",
        `Cannot read delta: its version is ${version} and only 1 and 2 are known`,
      );
    }
    if (view.getUint32(28, true) !== headerCheck(view, 0)) {
      throw refuse("its header's check does not match");
    }
    if (view.getUint16(6, true) !== 0 || view.getUint32(24, true) !== 0) {
      throw refuse("its header has unknown flags");
    }
    const { oldSize, newSize } = this.#expected;
    if (getU64(view, 8) !== oldSize || getU64(view, 16) !== newSize) {
      throw refuse(`its sizes are not the session's ${oldSize} and ${newSize}`);
    }
    return version === FIXED_VERSION
      ? new FixedReader(newSize, this.#intake)
      : new BatchReader(this.#intake);
  }
}
