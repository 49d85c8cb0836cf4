import { ParasyncError } from "../errors.ts";
import { fs } from "../node.ts";
import { createExclusive } from "./apply_file.ts";
import { artefactPath, newSessionKey, requireSessionKey } from "./artefact.ts";
import { asFileError, errnoOf } from "./file_error.ts";
import type { FileIdentity } from "./identity.ts";
import { openPinned } from "./pinned_file.ts";
import { writeFully } from "./positional.ts";
import { isSessionRecord } from "./session_record_check.ts";

/** Where the result goes: over the basis, or beside it under its name with a suffix. */
export type TargetKind =
  | { readonly kind: "replace" }
  | { readonly kind: "new"; readonly suffix: string };

/** What a session is bound to, as it lies beside the target: `.parasync-<key>.session`. */
export interface SessionRecord {
  /** Version of this format. */
  readonly version: 1;
  /** The session's key, 32 lowercase hexadecimal digits. */
  readonly key: string;
  /** Version of the protocol that the session speaks. */
  readonly protocol: number;
  /** The scheme's name. */
  readonly scheme: string;
  /** The target's name as it was asked for, to be resolved again. */
  readonly name: string;
  /** The basis that both ends agreed on, or null where there was none. */
  readonly basis: FileIdentity | null;
  /** What was at the target's path when the session began, which a commit compares with. */
  readonly expectTarget: FileIdentity | "absent";
  /** Bytes of the new file. */
  readonly size: number;
  /** The new file's time of last modification, milliseconds since 1970. */
  readonly mtimeMs: number;
  /** Least, average and greatest bytes in a chunk; three times the same for fixed blocks. */
  readonly chunk: { readonly min: number; readonly avg: number; readonly max: number };
  /** Where the result goes. */
  readonly target: TargetKind;
  /** When the session began, milliseconds since 1970. */
  readonly createdMs: number;
}

/** The most bytes that a record may have. */
export const SESSION_RECORD_BYTES = 64 * 1024;

/**
 * Writes a record for its owner alone, replacing an older one at once or not at all.
 *
 * @param directory The target's folder, a real path.
 * @param record What to write.
 * @throws {ParasyncError} "bad_request" for a malformed key, "too_large", or what {@linkcode asFileError}
 * gives.
 */
export function writeSessionRecord(directory: string, record: SessionRecord): void {
  const path = artefactPath(directory, record.key, "session");
  const bytes = new TextEncoder().encode(JSON.stringify(record) + "\n");
  if (bytes.length > SESSION_RECORD_BYTES) {
    throw new ParasyncError("too_large", "Cannot write the session record: it is above 64 KiB");
  }
  const fresh = artefactPath(directory, newSessionKey(), "new");
  let fd = -1;
  try {
    fd = createExclusive(fresh);
    writeFully(fd, bytes, 0, bytes.length, 0, "the session record");
    fs.renameSync(fresh, path);
  } catch (error) {
    if (fd !== -1) fs.rmSync(fresh, { force: true });
    throw asFileError(error, "write", "the session record");
  } finally {
    if (fd !== -1) fs.closeSync(fd);
  }
}

/**
 * Reads a record back, believing nothing.
 *
 * @param directory The target's folder, a real path.
 * @param key The session's key as the peer sent it.
 * @returns The record, or null when there is no such session.
 * @throws {ParasyncError} "bad_request" for a malformed key, "file_io" when the file holds no such record.
 */
export function readSessionRecord(directory: string, key: string): SessionRecord | null {
  requireSessionKey(key);
  const path = artefactPath(directory, key, "session");
  let bytes: Uint8Array;
  try {
    if (fs.lstatSync(path, { throwIfNoEntry: false }) === undefined) return null;
    bytes = readBounded(path);
  } catch (error) {
    const failure = asFileError(error, "read", "the session record");
    if (failure.code === "not_found") return null;
    throw failure;
  }
  const record = parse(bytes);
  if (!isSessionRecord(record) || record.key !== key) throw damaged();
  return record;
}

/**
 * Removes a record; one that is not there is no failure.
 *
 * @param directory The target's folder, a real path.
 * @param key The session's key.
 * @throws {ParasyncError} "bad_request" for a malformed key, or what {@linkcode asFileError} gives.
 */
export function removeSessionRecord(directory: string, key: string): void {
  const path = artefactPath(directory, key, "session");
  try {
    fs.unlinkSync(path);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return;
    throw asFileError(error, "remove", "the session record");
  }
}

function readBounded(path: string): Uint8Array {
  using file = openPinned(path, { name: "the session record" });
  if (file.size > SESSION_RECORD_BYTES) throw damaged();
  const bytes = new Uint8Array(file.size);
  file.read(bytes, 0, bytes.length, 0);
  return bytes;
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw damaged(error);
  }
}

function damaged(cause?: unknown): ParasyncError {
  return new ParasyncError("file_io", "Cannot read the session record: it is damaged", { cause });
}
