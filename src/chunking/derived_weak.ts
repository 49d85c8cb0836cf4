import { ParasyncError } from "../errors.ts";
import type { CrcAlgebra } from "../hashing/crc_combine.ts";
import { CRC32 } from "../hashing/crc_combine.ts";
import { type CrcShift, crcShift } from "../hashing/crc_shift.ts";
import { BLOCK_BYTES } from "./parameters.ts";

/** What weak checksums are derived from; may be posted to lanes, which then share the column. */
export interface DerivedWeaks {
  /** Bytes in an aligned block, a power of two up to {@linkcode BLOCK_BYTES}. */
  readonly block: number;
  /** The CRC of the file up to each block's begin, and last that of the whole file. */
  readonly prefix: Uint32Array<SharedArrayBuffer>;
}

/**
 * The CRCs of a file's prefixes at the boundaries of its aligned blocks, out of the blocks' stored CRCs:
 * the basis of collaborative delta generation with content-defined chunks (SkySync, FAST'26, §3.2.1).
 *
 * SkySync carries one checksum from chunk to chunk, as the head or the tail of a block. With prefixes every
 * cut stands for itself instead, so that blocks can be worked on side by side and nothing goes stale.
 */
export class PrefixWeaks implements DerivedWeaks {
  readonly block: number;
  readonly prefix: Uint32Array<SharedArrayBuffer>;

  /**
   * @param block Bytes in an aligned block.
   * @param size The file's size in bytes.
   * @param weaks Its blocks' CRCs in order, the last one of a block that may be short.
   * @param algebra The CRC's polynomial.
   * @throws {ParasyncError} "internal" where these do not belong together.
   */
  constructor(block: number, size: number, weaks: Uint32Array, algebra: CrcAlgebra = CRC32) {
    const count = requireBlocks(block, size, weaks.length);
    this.block = block;
    this.prefix = new Uint32Array(new SharedArrayBuffer(4 * (count + 1)));
    const shift = crcShift(algebra);
    let whole = 0;
    for (let k = 0; k < count; k++) {
      const length = Math.min(block, size - k * block);
      whole = shift.forward(whole, length) ^ weaks[k]!;
      this.prefix[k + 1] = whole;
    }
  }
}

/** A part of a file in memory. */
export interface FileWindow {
  /** Where the bytes are; may view WebAssembly memory. */
  readonly memory: Uint8Array;
  /** Which byte of `memory` is the first one. */
  readonly at: number;
  /** Where in the file it is from, a multiple of the block. */
  readonly begin: number;
  /** How many bytes there are. */
  readonly length: number;
}

/**
 * Derives the weak checksums of chunks from those of aligned blocks (SkySync, FAST'26, §3.2.1).
 *
 * With F(x) for the CRC of the file up to x, which {@linkcode PrefixWeaks} has for every block boundary:
 *
 *     F(x) = x^(8(x - b))·F(b) + crc[b, x)          from the boundary b before x
 *     F(x) = x^(-8(e - x))·(F(e) + crc[x, e))       from the boundary e after x
 *     crc[a, b) = x^(8(b - a))·F(a) + F(b)
 *
 * So at most half a block is read at each cut, which two chunks share, and the rest of a chunk not at all.
 * Values are those of a plain CRC of the chunk, provided that the file is still the one the blocks' CRCs
 * are of.
 */
export class WeakDeriver {
  /** Bytes that went through the CRC so far. */
  bytesRead = 0;
  readonly #prefix: Uint32Array;
  readonly #block: number;
  readonly #size: number;
  readonly #crc: (memory: Uint8Array, from: number, to: number) => number;
  readonly #shift: CrcShift;

  /**
   * @param derived The file's prefixes.
   * @param size The file's size in bytes.
   * @param crc The CRC of a range of memory.
   * @param algebra The CRC's polynomial.
   * @throws {ParasyncError} "internal" where the prefixes are not of such a file.
   */
  constructor(
    { block, prefix }: DerivedWeaks,
    size: number,
    crc: (memory: Uint8Array, from: number, to: number) => number,
    algebra: CrcAlgebra = CRC32,
  ) {
    requireBlocks(block, size, prefix.length - 1);
    this.#prefix = prefix;
    this.#block = block;
    this.#size = size;
    this.#crc = crc;
    this.#shift = crcShift(algebra);
  }

  /**
   * The weak checksums of consecutive chunks.
   *
   * @param window The bytes from a block boundary at or before `start` to the last end or beyond: where the
   * last end lies behind the middle of its block, up to that block's end, or more than half a block is read.
   * @param start Where the first chunk starts, in bytes from the window's begin.
   * @param ends Where each chunk ends, likewise.
   * @param weaks Where the checksums go.
   */
  derive(window: FileWindow, start: number, ends: Uint32Array, weaks: Uint32Array): void {
    if (ends.length === 0) return;
    let from = start;
    let before = this.#prefixAt(window, start);
    for (let i = 0; i < ends.length; i++) {
      const to = ends[i]!;
      const up = this.#prefixAt(window, to);
      weaks[i] = this.#shift.forward(before, to - from) ^ up;
      from = to;
      before = up;
    }
  }

  /** F at a place in the window. */
  #prefixAt({ memory, at, begin, length }: FileWindow, place: number): number {
    const block = this.#block;
    const k = Math.floor((begin + place) / block);
    const low = k * block - begin;
    const head = place - low;
    if (head === 0) return this.#prefix[k]!;
    const high = Math.min(low + block, this.#size - begin);
    const tail = high - place;
    if (tail < head && high <= length) {
      if (tail === 0) return this.#prefix[k + 1]!;
      this.bytesRead += tail;
      const rest = this.#crc(memory, at + place, at + high);
      return this.#shift.backward(this.#prefix[k + 1]! ^ rest, tail);
    }
    this.bytesRead += head;
    return this.#shift.forward(this.#prefix[k]!, head) ^ this.#crc(memory, at + low, at + place);
  }
}

/**
 * How far behind a place a window must go on, so that at no cut up to that place more than half a block
 * is read.
 *
 * @param block Bytes in an aligned block.
 * @param place A place in the file, in bytes from any block boundary.
 * @returns The place, or the end of its block where it lies behind the middle of it.
 */
export function windowEnd(block: number, place: number): number {
  return Math.max(place, Math.ceil(place / block - 0.5) * block);
}

function requireBlocks(block: number, size: number, count: number): number {
  const aligned = Number.isInteger(Math.log2(block)) && block <= BLOCK_BYTES;
  if (aligned && count === Math.ceil(size / block)) return count;
  throw new ParasyncError(
    "internal",
    `Cannot derive checksums: ${count} blocks of ${block} bytes for a file of ${size}`,
  );
}
