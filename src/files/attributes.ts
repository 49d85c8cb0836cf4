import { fs } from "../node.ts";
import { errnoOf } from "./file_error.ts";

/** Mode of a file that replaces nothing. */
export const NEW_FILE_MODE = 0o644;

/** What a committed file gets beside its content; what is absent stays as the system made it. */
export interface Attributes {
  /** Permission bits; only the lowest nine are used. */
  readonly mode: number;
  /** The owner's number. */
  readonly uid?: number | undefined;
  /** The group's number. */
  readonly gid?: number | undefined;
  /** Time of last modification, milliseconds since 1970. */
  readonly mtimeMs?: number | undefined;
}

/** Not root, or a file system without owners, modes or times: the content counts more than these. */
const TOLERATED = new Set(["EPERM", "EACCES", "EINVAL", "ENOSYS", "ENOTSUP", "EOPNOTSUPP"]);

/**
 * Gives a file its owner, mode and time, as far as this user may and the file system can.
 *
 * Set-user-id, set-group-id and sticky bits are dropped: they vouch for a content that is no longer
 * there. Where the group cannot be kept, the bits of the group shrink to what everybody has, lest another
 * group read what it could not read before. Access control lists and extended attributes are out of the
 * runtime's reach and not kept.
 *
 * @param fd The file, open in this thread.
 * @param wanted What it is to have.
 * @throws The system's error, where it is not about permission or a missing feature.
 */
export function applyAttributes(fd: number, wanted: Attributes): void {
  const has = fs.fstatSync(fd);
  const uid = wanted.uid ?? has.uid;
  const gid = wanted.gid ?? has.gid;
  let mode = wanted.mode & 0o777;
  if (Deno.build.os !== "windows") {
    const kept = (uid === has.uid && gid === has.gid) ||
      tolerantly(() => fs.fchownSync(fd, uid, gid));
    // An ordinary user may not give files away, but may hand them to a group of theirs.
    const groupKept = kept || gid === has.gid || tolerantly(() => fs.fchownSync(fd, has.uid, gid));
    if (!groupKept) mode &= ~0o070 | ((mode & 0o007) << 3);
  }
  // After the owner: a change of owner may clear bits of the mode.
  tolerantly(() => fs.fchmodSync(fd, mode));
  if (wanted.mtimeMs !== undefined) applyTime(fd, wanted.mtimeMs);
}

/**
 * Gives a file its time, as far as this user may and the file system can.
 *
 * @param fd The file, open in this thread.
 * @param mtimeMs Time of last modification, milliseconds since 1970.
 */
export function applyTime(fd: number, mtimeMs: number): void {
  // The runtime rounds down to milliseconds, from seconds that are seldom exact.
  const seconds = (Math.max(0, Math.floor(mtimeMs)) + 0.5) / 1000;
  tolerantly(() => fs.futimesSync(fd, seconds, seconds));
}

function tolerantly(set: () => void): boolean {
  try {
    set();
    return true;
  } catch (error) {
    if (TOLERATED.has(errnoOf(error)) || isUnsupported(error)) return false;
    throw error;
  }
}

function isUnsupported(error: unknown): boolean {
  return error instanceof Error && (error.name === "NotSupported" || error.name === "NotCapable");
}
