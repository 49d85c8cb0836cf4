import { createRollKernel, type RollKernel } from "../chunking/kernel/roll_kernel.ts";
import { type BlockTable, wholeBlocks } from "./block_table.ts";

/**
 * How many unlike blocks of one weak checksum are compared with. By chance there are hardly two; whoever makes
 * more of them, since all of these checksums are easy to collide, has literals for it, not work without end.
 */
const BLOCKS_PER_WEAK = 16;

/** A table's blocks as a lane looks them up: the kernel has the weak checksums, this the strong ones. */
export class BlockLookup {
  /** The kernel; its memory is the lane's window. */
  readonly kernel: RollKernel;
  /** The table it was made from. */
  readonly table: BlockTable;
  /** For each block the next one of its weak checksum, plus 1; 0 where there is none. */
  readonly #next: Uint32Array;

  /**
   * @param table The table.
   * @param capacity Bytes of room for a piece of the new file.
   */
  constructor(table: BlockTable, capacity: number) {
    this.table = table;
    const { weak: kind, block, weaks } = table;
    const whole = wholeBlocks(table);
    this.kernel = createRollKernel({ kind, block, weaks: weaks.subarray(0, whole), capacity });
    this.#next = new Uint32Array(whole);
    for (let index = 0; index < whole; index++) this.#enter(index);
  }

  /**
   * Finds the block whose strong checksum this is, among those whose weak checksum the kernel has found.
   *
   * @param strong The strong checksum, from its first byte on.
   * @returns The lowest such block, or -1.
   */
  find(strong: Uint8Array): number {
    for (let at = this.kernel.found + 1; at !== 0; at = this.#next[at - 1]!) {
      if (this.hasStrong(at - 1, strong)) return at - 1;
    }
    return -1;
  }

  /** Whether a block, the last short one too, has this strong checksum. */
  hasStrong(index: number, strong: Uint8Array): boolean {
    const { strong: column, strongBytes } = this.table;
    const begin = index * strongBytes;
    for (let i = 0; i < strongBytes; i++) if (column[begin + i] !== strong[i]) return false;
    return true;
  }

  /** Enters a block, unless one with both of its checksums is there, as librsync does: the lowest one wins. */
  #enter(index: number): void {
    let last = this.kernel.enter(index);
    if (last === index) return;
    const { strong, strongBytes } = this.table;
    const own = strong.subarray(index * strongBytes, (index + 1) * strongBytes);
    for (let length = 1;; length++) {
      if (this.hasStrong(last, own) || length === BLOCKS_PER_WEAK) return;
      const next = this.#next[last]!;
      if (next === 0) break;
      last = next - 1;
    }
    this.#next[last] = index + 1;
  }
}
