import type { BigIntStats } from "node:fs";
import { ParasyncError } from "../errors.ts";

/**
 * Which file it is and which content it has, as far as a file system tells without reading it. Safe in
 * JSON: what needs 64 bits is decimal text.
 *
 * The runtime reports times in whole milliseconds, so that a change of content that keeps the size
 * within the millisecond of the last one goes unseen here. The digest over the whole result does see it; where one that
 * was computed before is to do, the time of change is looked at as well (`PinnedFile.changedMs`).
 */
export interface FileIdentity {
  /** The device's number, decimal. */
  readonly dev: string;
  /** The inode's number, decimal; on Windows the file's index. */
  readonly ino: string;
  /** Bytes. */
  readonly size: number;
  /** Time of last modification, nanoseconds since 1970, decimal. */
  readonly mtimeNs: string;
}

const UNSIGNED = /^[0-9]{1,20}$/;
const SIGNED = /^-?[0-9]{1,20}$/;

/**
 * @param stat What `lstat` or `fstat` said, asked with `bigint: true`.
 * @returns The file's identity.
 * @throws {ParasyncError} "too_large" when the size is not a safe integer.
 */
export function identityOf(stat: BigIntStats): FileIdentity {
  if (stat.size > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new ParasyncError("too_large", `Cannot use a file of ${stat.size} bytes: above 2^53`);
  }
  return {
    dev: String(stat.dev),
    ino: String(stat.ino),
    size: Number(stat.size),
    mtimeNs: String(stat.mtimeNs ?? 0n),
  };
}

/** Whether two identities are of one file, whatever its content is by now. */
export function sameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

/** Whether two identities are of one file with, as far as its size and time tell, one content. */
export function sameIdentity(a: FileIdentity, b: FileIdentity): boolean {
  return sameFile(a, b) && a.size === b.size && a.mtimeNs === b.mtimeNs;
}

/** An identity as one text, for keys of maps. */
export function identityKey(identity: FileIdentity): string {
  return `${identity.dev}:${identity.ino}:${identity.size}:${identity.mtimeNs}`;
}

/** Whether something read back from JSON has exactly the shape of a {@linkcode FileIdentity}. */
export function isFileIdentity(value: unknown): value is FileIdentity {
  if (typeof value !== "object" || value === null || Object.keys(value).length !== 4) return false;
  return "dev" in value && isText(value.dev, UNSIGNED) &&
    "ino" in value && isText(value.ino, UNSIGNED) &&
    "mtimeNs" in value && isText(value.mtimeNs, SIGNED) &&
    "size" in value && Number.isSafeInteger(value.size) && Number(value.size) >= 0;
}

function isText(value: unknown, shape: RegExp): boolean {
  return typeof value === "string" && shape.test(value);
}
