import { ParasyncError } from "../errors.ts";
import {
  Command,
  COMMAND_BYTES,
  DELTA_MAGIC,
  DELTA_VERSION,
  type DeltaSizes,
  type DeltaTotals,
  DIGEST_BYTES,
  DIGEST_OFFSET,
  HEADER_BYTES,
  headerCheck,
  MAX_LITERAL_BYTES,
  noTotals,
  putHead,
  putU64,
  TOTALS,
} from "./format.ts";

/** Commands and small literals are gathered into pieces of this many bytes. */
const GATHER_BYTES = 256 * 1024;

/** A literal this long or longer goes out as a piece of its own, without being copied. */
export const BY_REFERENCE_BYTES = 192 * 1024;

/**
 * Writes a delta, version 1 (docs/protocol.md): commands with absolute target offsets, in any order
 * (ParaSync, FAST'26, §3.3.1).
 *
 * What it writes goes to `emit` as pieces of up to 1 MiB, and few below 64 KiB, except around long literals and at
 * {@linkcode flush}, so that a body made of them has few pieces. Pieces may share memory, none of which is
 * written twice: they must not be transferred, nor put into a byte stream, whose `enqueue` transfers.
 */
export class DeltaEncoder {
  readonly #newSize: number;
  readonly #emit: (piece: Uint8Array<ArrayBuffer>) => void;
  readonly #totals = noTotals();

  #gather = new Uint8Array(GATHER_BYTES);
  #view = new DataView(this.#gather.buffer);
  #begin = 0;
  #end = 0;

  /** The COPY or ZERO that the next one may continue; its length is 0 when there is none. */
  #run: typeof Command.COPY | typeof Command.ZERO = Command.COPY;
  #runLength = 0;
  #runSource = 0;
  #runTarget = 0;

  /**
   * Begins the delta with its header.
   *
   * @param sizes The files' sizes.
   * @param emit Takes each piece, in order, while the call that completes it runs.
   */
  constructor(sizes: DeltaSizes, emit: (piece: Uint8Array<ArrayBuffer>) => void) {
    this.#newSize = sizes.newSize;
    this.#emit = emit;
    const view = this.#view;
    view.setUint32(0, DELTA_MAGIC, true);
    view.setUint16(4, DELTA_VERSION, true);
    putU64(view, 8, sizes.oldSize);
    putU64(view, 16, sizes.newSize);
    view.setUint32(28, headerCheck(view, 0), true);
    this.#end = HEADER_BYTES;
  }

  /** What this stream holds so far. */
  get totals(): Readonly<DeltaTotals> {
    const totals = { ...this.#totals };
    this.#countRun(totals);
    return totals;
  }

  /**
   * Writes a COPY, or lengthens the last one when this one continues it in both files.
   *
   * @param source Where the bytes lie in the basis.
   * @param target Where they go in the new file.
   * @param length How many there are, at least 1.
   */
  copy(source: number, target: number, length: number): void {
    this.#extend(Command.COPY, source, target, length);
  }

  /**
   * Writes a ZERO, or lengthens the last one when this one continues it.
   *
   * @param target Where the zeros begin in the new file.
   * @param length How many there are, at least 1.
   */
  zero(target: number, length: number): void {
    this.#extend(Command.ZERO, target, target, length);
  }

  /**
   * Writes LITERALs of 1 MiB at most.
   *
   * @param target Where the bytes go in the new file.
   * @param data The bytes. From {@linkcode BY_REFERENCE_BYTES} on they are passed on by reference, so they must
   * not change while a piece is in use.
   */
  literal(target: number, data: Uint8Array<ArrayBuffer>): void {
    this.#endRun();
    for (let at = 0; at < data.length; at += MAX_LITERAL_BYTES) {
      this.#literal(target + at, data.subarray(at, at + MAX_LITERAL_BYTES));
    }
  }

  /** Ends this stream while others of the patch follow; nothing may be written after it. */
  part(): void {
    this.#endRun();
    this.#finish(Command.PART, this.#totals);
    this.flush();
  }

  /**
   * Ends the patch; nothing may be written after it.
   *
   * @param digest The new file's session digest, 32 bytes.
   * @param totals What all streams of the patch hold; this stream's own when there was one only.
   * @throws {ParasyncError} `internal` when the totals do not add up to the new file or the digest is
   * none.
   */
  end(digest: Uint8Array, totals: Readonly<DeltaTotals> = this.totals): void {
    this.#endRun();
    if (digest.length !== DIGEST_BYTES) {
      throw new ParasyncError(
        "internal",
        `Cannot end delta: its digest has ${digest.length} bytes`,
      );
    }
    const bytes = totals.copiedBytes + totals.literalBytes + totals.zeroBytes;
    if (bytes !== this.#newSize) {
      throw new ParasyncError(
        "internal",
        `Cannot end delta: its commands make ${bytes} bytes and the new file has ${this.#newSize}`,
      );
    }
    const at = this.#finish(Command.END, totals);
    this.#gather.set(digest, at + DIGEST_OFFSET);
    this.flush();
  }

  /** Emits what has been gathered, for a consumer that should not wait for it. */
  flush(): void {
    this.#endRun();
    if (this.#end === this.#begin) return;
    const piece = this.#gather.subarray(this.#begin, this.#end);
    this.#begin = this.#end;
    this.#emit(piece);
  }

  #extend(
    command: typeof Command.COPY | typeof Command.ZERO,
    source: number,
    target: number,
    length: number,
  ): void {
    if (
      command === this.#run && target === this.#runTarget + this.#runLength &&
      source === this.#runSource + this.#runLength
    ) {
      this.#runLength += length;
      return;
    }
    this.#endRun();
    this.#run = command;
    this.#runSource = source;
    this.#runTarget = target;
    this.#runLength = length;
  }

  #endRun(): void {
    if (this.#runLength === 0) return;
    const at = this.#command(this.#run, this.#runLength);
    if (this.#run === Command.COPY) putU64(this.#view, at + 8, this.#runSource);
    putU64(this.#view, at + COMMAND_BYTES[this.#run]! - 8, this.#runTarget);
    this.#countRun(this.#totals);
    this.#runLength = 0;
  }

  #countRun(totals: DeltaTotals): void {
    if (this.#runLength === 0) return;
    if (this.#run === Command.COPY) {
      totals.copies += 1;
      totals.copiedBytes += this.#runLength;
    } else {
      totals.zeros += 1;
      totals.zeroBytes += this.#runLength;
    }
  }

  #literal(target: number, data: Uint8Array<ArrayBuffer>): void {
    this.#totals.literals += 1;
    this.#totals.literalBytes += data.length;
    const byReference = data.length >= BY_REFERENCE_BYTES;
    // Reserved at once with its command, so that a small literal and its command leave in one piece.
    if (!byReference) this.#reserve(COMMAND_BYTES[Command.LITERAL]! + data.length);
    const at = this.#command(Command.LITERAL, data.length);
    putU64(this.#view, at + 8, target);
    if (byReference) {
      this.flush();
      this.#emit(data);
    } else {
      this.#gather.set(data, this.#end);
      this.#end += data.length;
    }
  }

  #finish(
    command: typeof Command.END | typeof Command.PART,
    totals: Readonly<DeltaTotals>,
  ): number {
    const at = this.#command(command, this.#newSize);
    for (let i = 0; i < TOTALS.length; i++) {
      putU64(this.#view, at + 8 + i * 8, totals[TOTALS[i]!]);
    }
    return at;
  }

  /** Writes a command's first u64, makes room for the rest of it, and says where it begins. */
  #command(command: number, length: number): number {
    const bytes = COMMAND_BYTES[command]!;
    this.#reserve(bytes);
    const at = this.#end;
    this.#end += bytes;
    putHead(this.#view, at, command, length);
    return at;
  }

  /** Emitted pieces are views of the old memory, hence new memory rather than starting over. */
  #reserve(bytes: number): void {
    if (this.#end + bytes <= GATHER_BYTES) return;
    if (this.#end > this.#begin) this.#emit(this.#gather.subarray(this.#begin, this.#end));
    this.#gather = new Uint8Array(GATHER_BYTES);
    this.#view = new DataView(this.#gather.buffer);
    this.#begin = 0;
    this.#end = 0;
  }
}
