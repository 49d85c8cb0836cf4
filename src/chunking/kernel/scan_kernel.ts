import { ParasyncError } from "../../errors.ts";
import { lendMemory, LENT_SCRATCH_BYTES } from "../../hashing/lent_memory.ts";
import { type FingerprintMultipliers, MULTIPLIERS } from "../rule_k.ts";
import { MODULE_BASE64 } from "./kernel_wasm.ts";

/**
 * Rule K on a block of a file, in WebAssembly memory of its own, at several GB/s.
 *
 * Positions are relative to the block: position 0 is `memory[dataOffset]`. Candidates are marked in a bitmap, which is
 * bounded whatever the data are; then cuts are selected from it, which takes microseconds per block and is the
 * only step that needs to know where the block before ended.
 */
export interface ScanKernel {
  /** The whole memory; it never grows, so that views of it stay valid. */
  readonly memory: Uint8Array;
  /** Where in `memory` position 0 is. The 64 bytes before it are the block's context. */
  readonly dataOffset: number;
  /** How many bytes fit from `dataOffset` on; at least 4 KiB of slack follow. */
  readonly capacity: number;
  /** The chunks' ends that `select` wrote, block-relative. */
  readonly ends: Uint32Array;
  /** The marks: bit p mod 32 of word p div 32. */
  readonly bitmap: Uint32Array;

  /**
   * Marks the candidates among positions [begin, end) and unmarks the other positions there; what is marked elsewhere
   * stays. Decisions depend on the bytes [begin - 64, end); a candidate within 64 bytes of the file's
   * start depends on what lies before it in memory, but rule K never asks for one.
   *
   * @param begin First position, 0 or more.
   * @param end One past the last, at most `capacity`.
   * @param bits Top bits of the fingerprint that must be ones: 13 for an average of 8 KiB; 1 to 32.
   * @throws {ParasyncError} `internal` if the positions are out of range.
   */
  mark(begin: number, end: number, bits: number): void;

  /**
   * Selects cuts from chunk start `start` until one lies at or after `blockLength`, and writes them to `ends`. Positions
   * from `start + min` to `min(available, blockLength + max)` must be marked.
   *
   * @param start Where the first chunk starts.
   * @param blockLength Chunks that start from here on belong to the next block.
   * @param available Bytes present from position 0: up to the file's end, or at least `blockLength + max`.
   * @param min Least chunk length, 64 or more.
   * @param max Greatest chunk length.
   * @returns How many ends were written (0 if `start` is not before `blockLength`). The last one is where the next block's
   * first chunk starts, or the file's end.
   * @throws {ParasyncError} `internal` if the block does not fit or `min` is below 64.
   */
  select(start: number, blockLength: number, available: number, min: number, max: number): number;

  /**
   * `mark` and `select` in one, where the first chunk's start is known beforehand: the same cuts about 1.4 times
   * as fast, because positions too near to a chunk's start are passed over. Leaves the bitmap in part unmarked.
   *
   * @param start Where the first chunk starts.
   * @param blockLength Chunks that start from here on belong to the next block.
   * @param available Bytes present from position 0: up to the file's end, or at least `blockLength + max`.
   * @param bits Top bits of the fingerprint that must be ones.
   * @param min Least chunk length, 64 or more.
   * @param max Greatest chunk length.
   * @returns How many ends were written, as for `select`.
   * @throws {ParasyncError} `internal` if the block does not fit or `min` is below 64.
   */
  cut(
    start: number,
    blockLength: number,
    available: number,
    bits: number,
    min: number,
    max: number,
  ): number;

  /**
   * Whether the bytes at positions [begin, end) are all zero; stops at the first that is not.
   *
   * @param begin First position.
   * @param end One past the last.
   */
  isZero(begin: number, end: number): boolean;
}

/** What the module exports: see scan.as. */
interface KernelExports {
  mark(d: number, bitmap: number, factors: number, from: number, to: number, bits: number): void;
  select(
    bitmap: number,
    ends: number,
    start: number,
    length: number,
    available: number,
    min: number,
    max: number,
  ): number;
  cut(
    data: number,
    bitmap: number,
    factors: number,
    ends: number,
    start: number,
    length: number,
    available: number,
    bits: number,
    min: number,
    max: number,
  ): number;
  isZero(from: number, to: number): number;
}

const PAGE = 65536;
const MULTIPLIERS_AT = 256;
const LENT_AT = 512;
const BITMAP_AT = LENT_AT + LENT_SCRATCH_BYTES;
const SLACK = 4096 + 128;
const MIN_CHUNK = 64;
const MAX_CAPACITY = 2 ** 30;

let compiled: WebAssembly.Module | undefined;

/** The module, compiled at the first use in a thread. */
function kernelModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(
    Uint8Array.from(atob(MODULE_BASE64), (character) => character.charCodeAt(0)),
  );
  return compiled;
}

/**
 * Makes a kernel with room for `capacity` bytes of data.
 *
 * @param capacity Bytes, at most 1 GiB; a block and a maximal chunk after it for the usual way of use.
 * @param multipliers Others than the ones in use, for studies.
 * @returns The kernel; it takes about 1.2 times `capacity`.
 * @throws {ParasyncError} `internal` if the capacity is out of range.
 */
export function createScanKernel(
  capacity: number,
  multipliers: FingerprintMultipliers = MULTIPLIERS,
): ScanKernel {
  if (!Number.isSafeInteger(capacity) || capacity < 0 || capacity > MAX_CAPACITY) {
    throw new ParasyncError("internal", `Cannot make a scan kernel: ${capacity} bytes of room`);
  }
  const bitmapAt = BITMAP_AT;
  const endsAt = bitmapAt + 8 * (Math.ceil(capacity / 64) + 1);
  const endsLength = Math.floor(capacity / MIN_CHUNK) + 2;
  // Not at a multiple of 4096 from the bitmap: their lines would compete for the same places in the cache.
  const dataOffset = Math.ceil((endsAt + 4 * endsLength + 128) / 4096) * 4096 + 256;
  const pages = Math.ceil((dataOffset + capacity + SLACK) / PAGE);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  lendMemory(memory, LENT_AT);
  const instance = new WebAssembly.Instance(kernelModule(), { env: { memory } });
  const exports = instance.exports as unknown as KernelExports;
  new Uint16Array(memory.buffer, MULTIPLIERS_AT, 10).set([...multipliers.high, ...multipliers.low]);
  const checkBlock = (start: number, length: number, available: number, min: number) => {
    if (min < MIN_CHUNK || start < 0 || length > available || available > capacity) {
      const what = `${start} to ${length} of ${available}, by ${min}`;
      throw new ParasyncError("internal", `Cannot cut ${what}: ${capacity} bytes of room`);
    }
  };
  return {
    memory: new Uint8Array(memory.buffer),
    dataOffset,
    capacity,
    ends: new Uint32Array(memory.buffer, endsAt, endsLength),
    bitmap: new Uint32Array(memory.buffer, bitmapAt, Math.ceil(capacity / 64) * 2),
    mark(begin, end, bits) {
      if (begin < 0 || end > capacity) {
        throw new ParasyncError("internal", `Cannot mark ${begin} to ${end}: out of ${capacity}`);
      }
      exports.mark(dataOffset, bitmapAt, MULTIPLIERS_AT, begin, end, bits);
    },
    select(start, length, available, min, max) {
      checkBlock(start, length, available, min);
      return exports.select(bitmapAt, endsAt, start, length, available, min, max);
    },
    cut(start, length, available, bits, min, max) {
      checkBlock(start, length, available, min);
      const [data, factors] = [dataOffset, MULTIPLIERS_AT];
      return exports.cut(data, bitmapAt, factors, endsAt, start, length, available, bits, min, max);
    },
    isZero(begin, end) {
      return exports.isZero(dataOffset + begin, dataOffset + end) !== 0;
    },
  };
}
