import { ParasyncError } from "../errors.ts";
import { fs } from "../node.ts";
import { displayName } from "./file_error.ts";

/** What is left over for a file's own bookkeeping: a part of its size, and this many bytes. */
const MARGIN_BYTES = 64 * 1024;
const MARGIN_PART = 1 / 256;

/**
 * Refuses a file that its file system has no room for, before anything is written. Where the free space
 * cannot be asked for (some network file systems report none; the call may not be permitted), nothing is
 * refused and a full disk is met while writing.
 *
 * @param directory The folder that the file is to be in.
 * @param bytes Bytes that will really be written; holes need none.
 * @param name The file's name for the message.
 * @throws {ParasyncError} "no_space".
 */
export function requireSpace(directory: string, bytes: number, name: string): void {
  const free = freeSpace(directory);
  if (free === null || bytes === 0) return;
  const needed = bytes + Math.ceil(bytes * MARGIN_PART) + MARGIN_BYTES;
  if (needed <= free) return;
  throw new ParasyncError(
    "no_space",
    `Cannot write ${displayName(name)}: no space left on its file system ` +
      `(${needed} bytes needed, ${free} free)`,
  );
}

/** Bytes that this user may still write, or null where that is not known. */
export function freeSpace(directory: string): number | null {
  try {
    const { bsize, blocks, bavail } = fs.statfsSync(directory);
    const free = bsize * bavail;
    return blocks > 0 && Number.isFinite(free) ? free : null;
  } catch {
    return null;
  }
}
