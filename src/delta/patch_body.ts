import { type Batch, batchHead, batchPieces } from "./batch.ts";
import { BatchCoder } from "./batch_coder.ts";
import { BatchEncoder } from "./batch_encoder.ts";
import { CODING_FLAGS, type DeltaCoding } from "./coding.ts";
import type { CommandEncoder } from "./command_encoder.ts";
import { DeltaEncoder } from "./encoder.ts";
import { BATCH_VERSION, type DeltaSizes, HEADER_BYTES, putHeader } from "./format.ts";

/** One body of a patch while it is written, in either version, compressed or not. */
export class PatchBody {
  /** Takes its commands. */
  readonly encoder: CommandEncoder;
  readonly #batches: Batch[] = [];
  readonly #coder: BatchCoder | undefined;
  #pieces: Uint8Array<ArrayBuffer>[] = [];
  /** Bytes that have been taken. */
  bytes = 0;
  /** Bytes that these would have been without compression. */
  plainBytes = 0;

  /**
   * @param sizes The files' sizes.
   * @param coding How to write it.
   */
  constructor(sizes: DeltaSizes, coding: DeltaCoding) {
    if (coding.version === 1) {
      this.encoder = new DeltaEncoder(sizes, (piece) => this.#pieces.push(piece));
      return;
    }
    this.encoder = new BatchEncoder(sizes, (batch) => this.#batches.push(batch));
    const header = new Uint8Array(HEADER_BYTES);
    putHeader(new DataView(header.buffer), 0, BATCH_VERSION, CODING_FLAGS[coding.coding], sizes);
    this.#pieces.push(header);
    if (coding.coding !== "off") this.#coder = new BatchCoder(coding.coding, coding.level);
  }

  /** Whether it is compressed, so that little at a time costs more bytes than much. */
  get compressed(): boolean {
    return this.#coder !== undefined;
  }

  /** Takes the pieces that are complete. */
  async take(): Promise<Uint8Array<ArrayBuffer>[]> {
    for (const batch of this.#batches.splice(0)) {
      const { commands, dataBytes } = batch;
      const head = batchHead(commands.length, dataBytes);
      if (this.#coder === undefined) {
        this.#pieces.push(...batchPieces(batch, head));
      } else {
        const pieces = await this.#coder.code(batch);
        this.#pieces.push(...pieces);
        this.plainBytes += head.length + commands.length + dataBytes - lengthOf(pieces);
      }
    }
    const pieces = this.#pieces;
    this.#pieces = [];
    this.bytes += lengthOf(pieces);
    this.plainBytes += lengthOf(pieces);
    return pieces;
  }

  /** Frees what it holds. */
  close(): void {
    this.#coder?.close();
  }
}

function lengthOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}
