import { ParasyncError } from "../errors.ts";

/** The most blocks of a basis that a session deals with, as many as it takes keys: 300 MB of checksums. */
export const MAX_BLOCKS: number = 8 << 20;

/**
 * How many blocks a basis has.
 *
 * @param basisSize Its size in bytes, whoever says so.
 * @param block Bytes in a block.
 * @param most How many are dealt with.
 * @throws {ParasyncError} `too_large` for more.
 */
export function requireBlockCount(basisSize: number, block: number, most: number): number {
  const count = Math.ceil(basisSize / block);
  if (count <= most) return count;
  throw new ParasyncError(
    "too_large",
    `Cannot sync: the basis has ${count} blocks of ${block} bytes and at most ${most} are possible; ` +
      "use larger ones",
  );
}
