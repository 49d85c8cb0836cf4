import { ParasyncError } from "../errors.ts";
import { fs } from "../node.ts";
import { applyAttributes, applyTime, NEW_FILE_MODE } from "./attributes.ts";
import { syncFile, syncFolder } from "./durability.ts";
import { linkExclusive, unlinkQuietly } from "./directory_entry.ts";
import { type Failpoint, failpoint } from "./failpoint.ts";
import { displayName } from "./file_error.ts";
import { requireRegular } from "./file_kind.ts";
import { type FileIdentity, identityOf, sameFile, sameIdentity } from "./identity.ts";
import { type Location, verifyLocation } from "./location.ts";
import type { PinnedFile } from "./pinned_file.ts";

/** What must hold for a commit, and what the committed file gets. */
export interface CommitOptions {
  /** The file that copies were read from; it must not have changed. Null where there was none. */
  readonly basis: PinnedFile | null;
  /** What must be at the target's path: this file, nothing, or nothing but a regular file. */
  readonly expectTarget: FileIdentity | "absent" | "any";
  /** Whether the content must be on the device before the name is given. */
  readonly fsync: boolean;
  /** The new file's time of last modification, milliseconds since 1970. */
  readonly mtimeMs?: number | undefined;
  /** Permission bits, where not those of the file that is replaced (0644 where there is none). */
  readonly mode?: number | undefined;
  /** The owner, where not that of the file that is replaced. */
  readonly uid?: number | undefined;
  /** The group, where not that of the file that is replaced. */
  readonly gid?: number | undefined;
  /** The lease that must still be held. */
  readonly lease?: { verifyHeld(): void } | undefined;
}

/** What a commit left. */
export interface CommitResult {
  /** The committed file. */
  readonly identity: FileIdentity;
  /** Whether it replaced a file. */
  readonly replaced: boolean;
  /**
   * Whether content and name are known to outlast a power failure. False without `fsync`, and when the
   * folder could not be synced: by then the name is given and the old file gone, so that an error would
   * claim that nothing happened. The caller says so in a warning.
   */
  readonly durable: boolean;
}

/** A complete temporary, as {@linkcode TargetFile} hands it to its commit. */
export interface CommitSubject {
  readonly location: Location;
  readonly path: string;
  readonly fd: number;
  readonly size: number;
  /** Throws when the result is no longer wanted. */
  verifyWanted(): void;
}

/**
 * The commit: check, attributes, fsync, check again, rename, fsync of the folder.
 *
 * Everything is checked twice, since the fsync may take long; from the second check to the rename nothing
 * is waited for. A target that must be absent is given its name by a hard link, which fails if another
 * came first; for a target that is replaced there is no such call, and a change in the instant between
 * check and rename is lost. Hard links to the replaced file keep the old content.
 *
 * @param subject The complete temporary.
 * @param options What must hold, and what it gets.
 * @returns What is there now.
 * @throws {ParasyncError} Or the system's error; before the rename only, and the temporary is left.
 */
export async function commitTarget(
  subject: CommitSubject,
  options: CommitOptions,
): Promise<CommitResult> {
  const prior = verify(subject, options);
  applyAttributes(subject.fd, {
    mode: options.mode ?? prior?.mode ?? NEW_FILE_MODE,
    uid: options.uid ?? prior?.uid,
    gid: options.gid ?? prior?.gid,
    mtimeMs: options.mtimeMs,
  });
  failpoint("before-fsync");
  if (options.fsync) await syncFile(subject.fd);
  failpoint("after-fsync");
  const replaced = verify(subject, options) !== null;
  // Asked for while failing still means that nothing happened.
  const identity = identityOf(fs.fstatSync(subject.fd, { bigint: true }));
  failpoint("before-rename");
  giveName(subject, options);
  passed("after-rename");
  const durable = options.fsync && await syncFolder(subject.location.directory);
  passed("after-folder-fsync");
  return { identity, replaced, durable };
}

/**
 * The commit of a target that is the new file already: it stays the file it is, and gets the new file's time.
 *
 * @param location Where it is.
 * @param basis The target, as it was read.
 * @param options What must hold, and what it gets; the basis's and the attributes but the time do not count.
 * @returns What is there now.
 * @throws {ParasyncError} Or the system's error; nothing has changed then.
 */
export async function commitUnchanged(
  location: Location,
  basis: PinnedFile,
  options: CommitOptions,
): Promise<CommitResult> {
  // It may have been written a moment ago by somebody who did not wait for the device.
  if (options.fsync) await syncFile(basis.fd);
  options.lease?.verifyHeld();
  verifyLocation(location);
  verifyTarget(location, options.expectTarget);
  basis.verifyUnchanged();
  if (options.mtimeMs !== undefined) applyTime(basis.fd, options.mtimeMs);
  const identity = identityOf(fs.fstatSync(basis.fd, { bigint: true }));
  const durable = options.fsync && await syncFolder(location.directory);
  return { identity, replaced: false, durable };
}

/** A failpoint after which nothing may fail any more. */
function passed(name: Failpoint): void {
  try {
    failpoint(name);
  } catch {
    // The name is given: an error would claim that nothing happened.
  }
}

interface Prior {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

function verify(subject: CommitSubject, options: CommitOptions): Prior | null {
  subject.verifyWanted();
  options.basis?.verifyUnchanged();
  options.lease?.verifyHeld();
  verifyLocation(subject.location);
  verifyTemporary(subject);
  return verifyTarget(subject.location, options.expectTarget);
}

function verifyTemporary({ location, path, fd, size }: CommitSubject): void {
  const named = fs.lstatSync(path, { bigint: true, throwIfNoEntry: false });
  const held = identityOf(fs.fstatSync(fd, { bigint: true }));
  if (named === undefined || !sameFile(identityOf(named), held)) {
    throw changed(location, "its temporary file was removed or replaced meanwhile");
  }
  if (held.size !== size) throw changed(location, "its temporary file has another size by now");
}

function verifyTarget(location: Location, expect: CommitOptions["expectTarget"]): Prior | null {
  const stat = fs.lstatSync(location.path, { bigint: true, throwIfNoEntry: false });
  if (stat === undefined) {
    if (typeof expect === "string") return null;
    throw changed(location, "it was removed meanwhile");
  }
  if (expect === "absent") throw changed(location, "it was created meanwhile");
  requireRegular(stat, "replace", location.name);
  if (expect !== "any" && !sameIdentity(identityOf(stat), expect)) {
    throw changed(location, "it was changed or replaced meanwhile");
  }
  return { mode: Number(stat.mode), uid: Number(stat.uid), gid: Number(stat.gid) };
}

function giveName({ location, path }: CommitSubject, options: CommitOptions): void {
  if (options.expectTarget !== "absent") return fs.renameSync(path, location.path);
  const linked = linkExclusive(path, location.path);
  if (linked === "taken") throw changed(location, "it was created meanwhile");
  if (linked === "unsupported") return fs.renameSync(path, location.path);
  // The result is in place; that its second name goes can wait for a sweep.
  unlinkQuietly(path);
}

function changed(location: Location, reason: string): ParasyncError {
  return new ParasyncError("changed", `Cannot commit ${displayName(location.name)}: ${reason}`);
}
