/** What is known of the new file before it is opened. */
export interface SourceSize {
  /** Its size in bytes; 0 for what is no regular file, which is told when it is opened. */
  readonly size: number;
  /** Bytes of disk that it takes, where the system says so; fewer than its size if it has holes. */
  readonly allocated: number | undefined;
  /** When it was last modified, nanoseconds since 1970, where the system says so. */
  readonly mtimeNs: bigint | undefined;
}

/**
 * The size of the new file, which chunk sizes are chosen by.
 *
 * Asked in a way that loads nothing: the request should leave before the rest of the program is there.
 *
 * @param newFile Its path; a link is followed.
 * @returns Its size.
 * @throws {ParasyncError} `not_found`, or what else keeps the file from being looked at.
 */
export async function sourceSize(newFile: string): Promise<SourceSize> {
  try {
    const { isFile, size, blocks, mtime } = Deno.statSync(newFile);
    const mtimeNs = mtime === null ? undefined : wireTime(BigInt(mtime.getTime()) * 1_000_000n);
    if (!isFile) return { size: 0, allocated: undefined, mtimeNs };
    return { size, allocated: blocks === null ? undefined : blocks * BLOCK_BYTES, mtimeNs };
  } catch (error) {
    const { asFileError } = await import("../files/file_error.ts");
    throw asFileError(error, "open", newFile);
  }
}

/** The unit of `blocks`, whatever the file system's own is. */
const BLOCK_BYTES = 512;

/** The last time that messages have room for, in the year 2262; nanoseconds since 1970. */
const LAST_TIME_NS = (1n << 63n) - 1n;

/**
 * A time as messages can hold it: one that a file system has and they have not becomes the nearest that they have.
 *
 * @param ns Nanoseconds since 1970.
 */
export function wireTime(ns: bigint): bigint {
  return ns > LAST_TIME_NS ? LAST_TIME_NS : ns < -LAST_TIME_NS ? -LAST_TIME_NS : ns;
}
