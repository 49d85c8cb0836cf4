import type { RollName } from "../chunking/kernel/roll_kernel.ts";
import type { StrongName } from "../hashing/suite.ts";

/** Checksums of the basis's blocks, to look windows of the new file up in; may be posted to lanes. */
export interface BlockTable {
  /** Names the table: lanes keep what they have built from it. */
  readonly id: string;
  /** Bytes in a block; the last one may be shorter. */
  readonly block: number;
  /** Size of the basis in bytes. */
  readonly basisSize: number;
  /**
   * Whether the last block may be shorter by a length that is not known, as where there is nothing but a signature;
   * `basisSize` is the most that there may be then, and all blocks count as whole.
   */
  readonly openEnd?: boolean;
  /** Which weak checksum. */
  readonly weak: RollName;
  /** Which strong checksum. */
  readonly strongName: StrongName;
  /** Bytes of it that are there to compare: all, or fewer from the front where a signature was cut short. */
  readonly strongBytes: number;
  /** Weak checksums of the blocks in order. */
  readonly weaks: Uint32Array<SharedArrayBuffer>;
  /** Strong checksums in order, `strongBytes` each. */
  readonly strong: Uint8Array<SharedArrayBuffer>;
}

/**
 * Makes a table that lanes share.
 *
 * @param table What it has; its columns are copied.
 */
export function createBlockTable(
  table: Omit<BlockTable, "id" | "weaks" | "strong"> & {
    readonly weaks: Uint32Array;
    readonly strong: Uint8Array;
  },
): BlockTable {
  const weaks = new Uint32Array(new SharedArrayBuffer(table.weaks.byteLength));
  weaks.set(table.weaks);
  const strong = new Uint8Array(new SharedArrayBuffer(table.strong.byteLength));
  strong.set(table.strong);
  return { ...table, id: crypto.randomUUID(), weaks, strong };
}

/** How many blocks of the basis are whole. */
export function wholeBlocks({ block, basisSize }: BlockTable): number {
  return Math.floor(basisSize / block);
}
