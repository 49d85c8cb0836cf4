import { type Batch, batchHead, batchPieces, joinPieces } from "./batch.ts";
import { type Coding, compressedLength, type Compressor, createCompressor } from "./coding.ts";
import { CodingFlow } from "./coding_flow.ts";

/** Data of less than this is compressed without a look. */
const LOOK_BYTES = 64 * 1024;

/** So much of larger data is looked at, in so many pieces, spread over it. */
const SAMPLE_BYTES = 16 * 1024;
const SAMPLE_PIECES = 8;

/** Data whose sample keeps more than this share of its length is not compressed. */
const WORTHWHILE = 0.98;

/**
 * Compresses the batches of one stream in one context, so that each can refer to what came before. Each is
 * complete by itself: what has been sent of a stream can be unpacked.
 */
export class BatchCoder {
  readonly #coding: Coding;
  readonly #compressor: Compressor;
  readonly #flow: CodingFlow;

  /**
   * @param coding How to compress.
   * @param level How thoroughly.
   */
  constructor(coding: Coding, level: number) {
    this.#coding = coding;
    this.#compressor = createCompressor(coding, level);
    this.#flow = new CodingFlow(this.#compressor.stream);
  }

  /**
   * Codes a batch.
   *
   * @param batch The batch.
   * @returns Its pieces.
   */
  async code(batch: Batch): Promise<Uint8Array<ArrayBuffer>[]> {
    const { commands, data, dataBytes } = batch;
    if (this.#passes(batch)) return batchPieces(batch, batchHead(commands.length, dataBytes, 0));
    const coded: Uint8Array<ArrayBuffer>[] = [];
    let length = 0;
    const take = (pieces: Uint8Array<ArrayBuffer>[]): void => {
      for (const piece of pieces) {
        coded.push(piece);
        length += piece.length;
      }
    };
    take(await this.#flow.pass(commands));
    for (const piece of data) take(await this.#flow.pass(piece));
    take(await this.#flow.flush(this.#compressor.flush));
    return [joinPieces([batchHead(commands.length, dataBytes, length), ...coded])];
  }

  /** Frees what the context holds. */
  close(): void {
    this.#flow.close();
  }

  /**
   * Whether to leave a batch as it is. zstd notices by itself what it cannot compress, at more than 600 MB/s up to
   * level 9; deflate goes through it at 40 MB/s, and its sample costs a tenth of that.
   */
  #passes({ data, dataBytes }: Batch): boolean {
    if (this.#coding === "zstd" || dataBytes < LOOK_BYTES) return false;
    const sample = sampleOf(data, dataBytes);
    return compressedLength(sample) > WORTHWHILE * sample.length;
  }
}

function sampleOf(data: readonly Uint8Array[], dataBytes: number): Uint8Array {
  const sample = new Uint8Array(SAMPLE_BYTES);
  const [part, stride] = [SAMPLE_BYTES / SAMPLE_PIECES, Math.floor(dataBytes / SAMPLE_PIECES)];
  let filled = 0;
  let begin = 0;
  for (const piece of data) {
    // Of each part that begins in this piece, as much as lies in it.
    for (
      let at = Math.ceil(begin / stride) * stride;
      at < begin + piece.length && filled < SAMPLE_BYTES;
      at += stride
    ) {
      const found = piece.subarray(at - begin, at - begin + part).subarray(
        0,
        SAMPLE_BYTES - filled,
      );
      sample.set(found, filled);
      filled += found.length;
    }
    begin += piece.length;
  }
  return sample.subarray(0, filled);
}
