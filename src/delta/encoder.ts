import { BY_REFERENCE_BYTES, CommandEncoder } from "./command_encoder.ts";
import {
  Command,
  COMMAND_BYTES,
  type DeltaSizes,
  type DeltaTotals,
  DIGEST_OFFSET,
  FIXED_VERSION,
  HEADER_BYTES,
  putHead,
  putHeader,
  putU64,
  TOTALS,
} from "./format.ts";

/** Commands and small literals are gathered into pieces of this many bytes. */
const GATHER_BYTES = 256 * 1024;

/**
 * Writes a delta, version 1 (docs/protocol.md).
 *
 * What it writes goes to `emit` as pieces of up to 1 MiB, and few below 64 KiB, except around long literals and at
 * {@linkcode flush}, so that a body made of them has few pieces. Pieces may share memory, none of which is
 * written twice: they must not be transferred, nor put into a byte stream, whose `enqueue` transfers.
 */
export class DeltaEncoder extends CommandEncoder {
  readonly #emit: (piece: Uint8Array<ArrayBuffer>) => void;

  #gather = new Uint8Array(GATHER_BYTES);
  #view = new DataView(this.#gather.buffer);
  #begin = 0;
  #end = 0;

  /**
   * Begins the delta with its header.
   *
   * @param sizes The files' sizes.
   * @param emit Takes each piece, in order, while the call that completes it runs.
   */
  constructor(sizes: DeltaSizes, emit: (piece: Uint8Array<ArrayBuffer>) => void) {
    super(sizes);
    this.#emit = emit;
    putHeader(this.#view, 0, FIXED_VERSION, 0, sizes);
    this.#end = HEADER_BYTES;
  }

  override get gathered(): number {
    return this.#end - this.#begin;
  }

  protected override writeCopy(source: number, target: number, length: number): void {
    const at = this.#command(Command.COPY, length);
    putU64(this.#view, at + 8, source);
    putU64(this.#view, at + 16, target);
  }

  protected override writeZero(target: number, length: number): void {
    const at = this.#command(Command.ZERO, length);
    putU64(this.#view, at + 8, target);
  }

  protected override writeLiteral(target: number, data: Uint8Array<ArrayBuffer>): void {
    const byReference = data.length >= BY_REFERENCE_BYTES;
    // Reserved at once with its command, so that a small literal and its command leave in one piece.
    if (!byReference) this.#reserve(COMMAND_BYTES[Command.LITERAL]! + data.length);
    const at = this.#command(Command.LITERAL, data.length);
    putU64(this.#view, at + 8, target);
    if (byReference) {
      this.emitGathered();
      this.#emit(data);
    } else {
      this.#gather.set(data, this.#end);
      this.#end += data.length;
    }
  }

  protected override writeEnd(
    newSize: number,
    totals: Readonly<DeltaTotals>,
    digest: Uint8Array | null,
  ): void {
    const at = this.#command(digest === null ? Command.PART : Command.END, newSize);
    for (let i = 0; i < TOTALS.length; i++) {
      putU64(this.#view, at + 8 + i * 8, totals[TOTALS[i]!]);
    }
    if (digest !== null) this.#gather.set(digest, at + DIGEST_OFFSET);
  }

  protected override emitGathered(): void {
    if (this.#end === this.#begin) return;
    const piece = this.#gather.subarray(this.#begin, this.#end);
    this.#begin = this.#end;
    this.#emit(piece);
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
    this.emitGathered();
    this.#gather = new Uint8Array(GATHER_BYTES);
    this.#view = new DataView(this.#gather.buffer);
    this.#begin = 0;
    this.#end = 0;
  }
}
