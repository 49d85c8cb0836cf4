import { ParasyncError } from "../../errors.ts";
import type { HashBackend } from "../../hashing/backend.ts";
import { CRC32 } from "../../hashing/crc_combine.ts";
import { lendMemory, LENT_SCRATCH_BYTES } from "../../hashing/lent_memory.ts";
import { MODULE_BASE64 } from "./roll_wasm.ts";

/**
 * A weak checksum that rolls: librsync's rollsum (two 16-bit sums) and Rabin-Karp hash, and CRC-32 (SkySync,
 * FAST'26, §3, after the tables of zlib).
 */
export type RollName = "rollsum" | "rabinkarp" | "crc32";

/** What a kernel is made for. */
export interface RollOptions {
  readonly kind: RollName;
  /** Bytes in a window. */
  readonly block: number;
  /** Weak checksums of the basis's whole blocks. */
  readonly weaks: Uint32Array;
  /** Bytes of room for a piece of a file, the last window of it included. */
  readonly capacity: number;
}

/** Weak checksums of windows, and their look-up in those of the basis's blocks, in memory of its own. */
export interface RollKernel {
  /** The whole memory; it never grows, so that views of it stay valid. */
  readonly memory: Uint8Array;
  /** Where in `memory` position 0 is. */
  readonly dataOffset: number;
  /** How many bytes fit from `dataOffset` on. */
  readonly capacity: number;
  /** The block that the last search found: the first one entered with that weak checksum. */
  readonly found: number;

  /**
   * Enters a block in the table.
   *
   * @param block Its index in the column of weak checksums.
   * @returns The block that was entered with the same weak checksum before; this one where there was none.
   */
  enter(block: number): number;

  /**
   * The rollsum or Rabin-Karp hash of the bytes at positions [begin, end).
   *
   * @throws {ParasyncError} `internal` for a CRC, which a hash backend computes, or out of range.
   */
  weak(begin: number, end: number): number;

  /**
   * The first position in [from, limit) whose window has the weak checksum of a block that was entered.
   *
   * @param from First position.
   * @param limit One past the last; with its window at most `capacity`.
   * @param crc Computes CRC-32, where that is the kind: of the first window, from which it rolls.
   * @returns The position, or -1.
   * @throws {ParasyncError} `internal` if the positions are out of range.
   */
  search(from: number, limit: number, crc: HashBackend["weak"]): number;
}

/** What the module exports: see roll.as. */
interface KernelExports {
  place(filterBits: number, slots: number, slotBits: number, weaks: number): void;
  enter(weak: number, index: number): number;
  rollsum(from: number, to: number): number;
  rabinkarp(from: number, to: number): number;
  searchRollsum(from: number, limit: number, window: number): number;
  searchRabinkarp(from: number, limit: number, window: number): number;
  searchCrc(
    from: number,
    limit: number,
    window: number,
    first: number,
    enter: number,
    leave: number,
  ): number;
}

const PAGE = 65536;
const ENTER_AT = 1024;
const LEAVE_AT = 2048;
/** roll.as has it as a constant. */
const FILTER_AT = 4096;
/** Bits of filter for a block: one window in 32 passes that need not have. */
const FILTER_BITS_PER_BLOCK = 32;
const LEAST_FILTER_BITS = 13;
const MOST_FILTER_BITS = 30;
/** A window is read to one byte past its end as it rolls on, and hashed where it lies. */
const SLACK = 1024;
const MAX_BYTES = 2 ** 31;

let compiled: WebAssembly.Module | undefined;

/** The module, compiled at the first use in a thread. */
function kernelModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(
    Uint8Array.from(atob(MODULE_BASE64), (character) => character.charCodeAt(0)),
  );
  return compiled;
}

/**
 * Makes a kernel. Blocks are entered in its table afterwards, by whoever knows which of those with equal weak
 * checksums are worth it.
 *
 * @param options What it is for.
 * @returns The kernel; beside `capacity` it takes 20 to 32 bytes a block.
 * @throws {ParasyncError} `too_large` for more blocks than there is room for.
 */
export function createRollKernel({ kind, block, weaks, capacity }: RollOptions): RollKernel {
  const count = Math.max(1, weaks.length);
  const filterBits = Math.min(
    MOST_FILTER_BITS,
    Math.max(LEAST_FILTER_BITS, Math.ceil(Math.log2(count * FILTER_BITS_PER_BLOCK))),
  );
  const slotBits = Math.max(8, Math.ceil(Math.log2(count * 2)));
  const lentAt = FILTER_AT + 2 ** (filterBits - 3);
  const slotsAt = lentAt + LENT_SCRATCH_BYTES;
  const weaksAt = slotsAt + 4 * 2 ** slotBits;
  // Not at a multiple of 4096 from the tables: their lines would compete for the same places in the cache.
  const dataOffset = Math.ceil((weaksAt + 4 * count) / 4096) * 4096 + 256;
  const bytes = dataOffset + capacity + SLACK;
  if (bytes > MAX_BYTES) {
    throw new ParasyncError(
      "too_large",
      `Cannot search for ${weaks.length} blocks: use larger ones (--chunk-size)`,
    );
  }
  const pages = Math.ceil(bytes / PAGE);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  lendMemory(memory, lentAt);
  const instance = new WebAssembly.Instance(kernelModule(), { env: { memory } });
  const exports = instance.exports as unknown as KernelExports;
  exports.place(filterBits, slotsAt, slotBits, weaksAt);
  new Uint32Array(memory.buffer, weaksAt, weaks.length).set(weaks);
  if (kind === "crc32") {
    const { enter, leave } = CRC32.rollingTables(block);
    new Uint32Array(memory.buffer, ENTER_AT, 256).set(enter);
    new Uint32Array(memory.buffer, LEAVE_AT, 256).set(leave);
  }
  const found = new Uint32Array(memory.buffer, 0, 1);
  const whole = new Uint8Array(memory.buffer);
  const searchFrom = (from: number, limit: number, crc: HashBackend["weak"]): number => {
    if (kind === "rollsum") return exports.searchRollsum(from, limit, block);
    if (kind === "rabinkarp") return exports.searchRabinkarp(from, limit, block);
    const first = crc(whole, from, from + block);
    return exports.searchCrc(from, limit, block, first, ENTER_AT, LEAVE_AT);
  };
  return {
    memory: whole,
    dataOffset,
    capacity,
    get found(): number {
      return found[0]!;
    },
    enter: (index) => exports.enter(weaks[index]!, index),
    weak(begin, end) {
      if (kind === "crc32" || !(begin >= 0 && begin <= end && end <= capacity)) {
        throw new ParasyncError("internal", `Cannot roll over ${begin} to ${end}: out of range`);
      }
      const [from, to] = [dataOffset + begin, dataOffset + end];
      return (kind === "rollsum" ? exports.rollsum(from, to) : exports.rabinkarp(from, to)) >>> 0;
    },
    search(from, limit, crc) {
      if (!(from >= 0 && limit - 1 + block <= capacity)) {
        throw new ParasyncError("internal", `Cannot search ${from} to ${limit}: out of range`);
      }
      if (from >= limit) return -1;
      const at = searchFrom(dataOffset + from, dataOffset + limit, crc) - dataOffset;
      return at < limit ? at : -1;
    },
  };
}
