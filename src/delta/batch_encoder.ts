import { ParasyncError } from "../errors.ts";
import type { Batch } from "./batch.ts";
import { BY_REFERENCE_BYTES, CommandEncoder } from "./command_encoder.ts";
import {
  type DeltaSizes,
  type DeltaTotals,
  DIGEST_BYTES,
  MAX_BATCH_COMMANDS,
  MAX_BATCH_DATA,
  Operation,
  TOTALS,
} from "./format.ts";
import { MAX_VARINT_BYTES, putVarint, zigzag } from "./varint.ts";

/** Memory for commands and for small literals is taken in pieces of this many bytes. */
const GATHER_BYTES = 256 * 1024;

/** The longest command that is not the end. */
const COMMAND_BYTES = 3 * MAX_VARINT_BYTES;

/** The longest end. */
const END_BYTES = (1 + TOTALS.length) * MAX_VARINT_BYTES + DIGEST_BYTES;

/** The longest length that leaves room for the command beside it in a safe integer. */
const MAX_LENGTH = 2 ** 51 - 1;

/**
 * Writes the commands of a delta, version 2 (docs/protocol.md), without its header.
 *
 * What it writes goes to `emit` in batches, full ones except at {@linkcode flush}. They share memory, none of which
 * is written twice.
 */
export class BatchEncoder extends CommandEncoder {
  readonly #emit: (batch: Batch) => void;

  #commands = new Uint8Array(GATHER_BYTES);
  #begin = 0;
  #end = 0;

  /** The data of the batch at hand; what of #gather is not among it yet begins at #dataBegin. */
  #data: Uint8Array<ArrayBuffer>[] = [];
  #dataBytes = 0;
  #gather = new Uint8Array(0);
  #dataBegin = 0;
  #dataEnd = 0;

  /** Where the command before ended in the new file, and the COPY before in the basis. */
  #target = 0;
  #source = 0;

  /**
   * @param sizes The files' sizes.
   * @param emit Takes each batch, in order, while the call that completes it runs.
   * @throws {ParasyncError} `too_large` for files of 2^51 bytes.
   */
  constructor(sizes: DeltaSizes, emit: (batch: Batch) => void) {
    super(sizes);
    if (Math.max(sizes.oldSize, sizes.newSize) > MAX_LENGTH) {
      throw new ParasyncError("too_large", "Cannot write delta: a file is longer than 2^51 - 1");
    }
    this.#emit = emit;
  }

  override get gathered(): number {
    return this.#end - this.#begin + this.#dataBytes;
  }

  protected override writeCopy(source: number, target: number, length: number): void {
    this.#command(Operation.COPY, target, length);
    this.#end = putVarint(this.#commands, this.#end, zigzag(source - this.#source));
    this.#source = source + length;
  }

  protected override writeZero(target: number, length: number): void {
    this.#command(Operation.ZERO, target, length);
  }

  protected override writeLiteral(target: number, data: Uint8Array<ArrayBuffer>): void {
    if (this.#dataBytes + data.length > MAX_BATCH_DATA) this.emitGathered();
    this.#command(Operation.LITERAL, target, data.length);
    this.#dataBytes += data.length;
    if (data.length >= BY_REFERENCE_BYTES) {
      this.#endGather();
      this.#data.push(data);
      return;
    }
    if (this.#dataEnd + data.length > this.#gather.length) {
      this.#endGather();
      this.#gather = new Uint8Array(GATHER_BYTES);
      this.#dataBegin = 0;
      this.#dataEnd = 0;
    }
    this.#gather.set(data, this.#dataEnd);
    this.#dataEnd += data.length;
  }

  protected override writeEnd(
    _newSize: number,
    totals: Readonly<DeltaTotals>,
    digest: Uint8Array | null,
  ): void {
    this.#reserve(END_BYTES);
    this.#put((digest === null ? 0 : 4) + Operation.END);
    for (const name of TOTALS) this.#put(totals[name]);
    if (digest === null) return;
    this.#commands.set(digest, this.#end);
    this.#end += DIGEST_BYTES;
  }

  protected override emitGathered(): void {
    if (this.#end === this.#begin) return;
    this.#endGather();
    const commands = this.#commands.subarray(this.#begin, this.#end);
    this.#emit({ commands, data: this.#data, dataBytes: this.#dataBytes });
    this.#data = [];
    this.#dataBytes = 0;
    this.#begin = this.#end;
    if (this.#begin + MAX_BATCH_COMMANDS <= GATHER_BYTES) return;
    this.#commands = new Uint8Array(GATHER_BYTES);
    this.#begin = 0;
    this.#end = 0;
  }

  #command(operation: number, target: number, length: number): void {
    this.#reserve(COMMAND_BYTES);
    this.#put(length * 4 + operation);
    this.#put(zigzag(target - this.#target));
    this.#target = target + length;
  }

  #put(value: number): void {
    this.#end = putVarint(this.#commands, this.#end, value);
  }

  #reserve(bytes: number): void {
    if (this.#end - this.#begin + bytes > MAX_BATCH_COMMANDS) this.emitGathered();
  }

  #endGather(): void {
    if (this.#dataEnd === this.#dataBegin) return;
    this.#data.push(this.#gather.subarray(this.#dataBegin, this.#dataEnd));
    this.#dataBegin = this.#dataEnd;
  }
}
