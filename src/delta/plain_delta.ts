import { ParasyncError } from "../errors.ts";
import { BatchHead } from "./batch_head.ts";
import { batchHead } from "./batch.ts";
import { type Coding, CODING_FLAGS, createUnpacker } from "./coding.ts";
import { CodingFlow } from "./coding_flow.ts";
import { type DeltaExpectations, refuse } from "./command_intake.ts";
import { BATCH_VERSION, DELTA_MAGIC, HEADER_BYTES, headerCheck } from "./format.ts";

/** More bytes than any command takes beside a literal's data. */
const COMMAND_BYTES = 32;

/** More bytes than an end takes. */
const END_BYTES = 1024;

/**
 * Unpacks a delta of version 2 that is compressed; any other passes as it is.
 *
 * @param pieces The delta as it arrives.
 * @param expected What bounds its length.
 * @returns The delta as it would be without compression, in pieces that may be views of what arrived.
 * @throws {ParasyncError} `bad_request` for data that does not unpack, or not to what it says or may be; `stream`
 * where it is cut short; what `pieces` throw.
 */
export async function* plainDelta(
  pieces: AsyncIterable<Uint8Array>,
  expected: DeltaExpectations,
): AsyncGenerator<Uint8Array, void, undefined> {
  const header = new Uint8Array(HEADER_BYTES);
  let filled = 0;
  let unpacking: Unpacking | undefined;
  try {
    for await (const piece of pieces) {
      let at = 0;
      if (filled < HEADER_BYTES) {
        at = Math.min(piece.length, HEADER_BYTES - filled);
        header.set(piece.subarray(0, at), filled);
        filled += at;
        if (filled < HEADER_BYTES) continue;
        const coding = takeCoding(new DataView(header.buffer));
        if (coding !== undefined) unpacking = new Unpacking(coding, expected);
        yield header;
      }
      if (unpacking !== undefined) yield* unpacking.push(piece, at);
      else yield at === 0 ? piece : piece.subarray(at);
    }
    if (unpacking !== undefined) yield* unpacking.finish();
  } finally {
    unpacking?.close();
  }
}

/** What comes after the header of a compressed delta. */
class Unpacking {
  readonly #flow: CodingFlow;
  readonly #head = new BatchHead(true);
  /** Bytes that the rest of the delta may have, unpacked. */
  #budget: number;
  /** Bytes of the batch at hand that have not arrived, and that have not come of them. */
  #arriving = 0;
  #coming = 0;
  #headBegun = false;

  constructor(coding: Coding, { newSize, maxCommands }: DeltaExpectations) {
    this.#flow = new CodingFlow(createUnpacker(coding));
    this.#budget = newSize + maxCommands * COMMAND_BYTES + END_BYTES;
  }

  async *push(piece: Uint8Array, from: number): AsyncGenerator<Uint8Array, void, undefined> {
    let at = from;
    while (at < piece.length) {
      if (!this.#head.complete) {
        at = this.#head.take(piece, at);
        this.#headBegun = true;
        if (this.#head.complete) yield this.#beginBatch();
        continue;
      }
      const part = piece.subarray(at, at + this.#arriving);
      at += part.length;
      this.#arriving -= part.length;
      if (this.#head.coded === 0) {
        this.#coming -= part.length;
        yield part;
      } else {
        for (const plain of await this.#unpack(part)) {
          this.#coming -= plain.length;
          yield plain;
        }
      }
      if (this.#arriving === 0) this.#endBatch();
    }
  }

  async *finish(): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.#head.complete) {
      throw new ParasyncError("stream", "Cannot read delta: the stream is over within a batch");
    }
    // It follows the end, or makes the delta one that is cut short: whoever decodes it knows.
    if (this.#headBegun) yield Uint8Array.of(1);
  }

  close(): void {
    this.#flow.close();
  }

  #beginBatch(): Uint8Array {
    const { commands, data, coded } = this.#head;
    this.#coming = commands + data;
    this.#arriving = coded === 0 ? this.#coming : coded;
    this.#budget -= this.#coming;
    if (this.#budget < 0) throw refuse("it unpacks to more than it can mean");
    return batchHead(commands, data);
  }

  #endBatch(): void {
    if (this.#coming > 0) throw refuse("a batch unpacks to less than it says");
    this.#head.clear();
    this.#headBegun = false;
  }

  async #unpack(part: Uint8Array): Promise<Uint8Array[]> {
    try {
      return await this.#flow.pass(part, this.#coming);
    } catch (error) {
      if (error instanceof RangeError) throw refuse("a batch unpacks to more than it says");
      throw new ParasyncError("bad_request", "Cannot read delta: its compressed data is damaged", {
        cause: error,
      });
    }
  }
}

/** Says how a delta is compressed, if it is, and makes its header that of a plain one. */
function takeCoding(header: DataView): Coding | undefined {
  if (
    header.getUint32(0, true) !== DELTA_MAGIC || header.getUint16(4, true) !== BATCH_VERSION ||
    header.getUint32(28, true) !== headerCheck(header, 0)
  ) return undefined;
  const flags = header.getUint16(6, true);
  const coding = flags === CODING_FLAGS.zstd
    ? "zstd"
    : flags === CODING_FLAGS.deflate
    ? "deflate"
    : undefined;
  if (coding === undefined) return undefined;
  header.setUint16(6, 0, true);
  header.setUint32(28, headerCheck(header, 0), true);
  return coding;
}
