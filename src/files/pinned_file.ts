import { ParasyncError } from "../errors.ts";
import { fs } from "../node.ts";
import { asFileError, displayName } from "./file_error.ts";
import { requireRegular } from "./file_kind.ts";
import { type FileIdentity, identityOf, sameIdentity } from "./identity.ts";
import type { OpenFile } from "./open_file.ts";
import { readFully } from "./positional.ts";

/** How {@linkcode openPinned} opens. */
export interface PinOptions {
  /** The file that it must still be; a worker that opens the basis again hands in what it was told. */
  readonly expect?: FileIdentity | undefined;
  /** Whether the path may end in a symbolic link: for a person's own source file, never for a peer's. */
  readonly followLinks?: boolean | undefined;
  /** The name for messages, where the path is not to be shown. */
  readonly name?: string | undefined;
}

/** A regular file held open for reading, with the identity it had when it was opened. */
export class PinnedFile implements OpenFile {
  /** The descriptor; valid in this thread only. */
  readonly fd: number;
  /** Where it was opened, links resolved if they were to be followed. */
  readonly path: string;
  /** The name for messages. */
  readonly name: string;
  /** What it was when it was opened. */
  readonly identity: FileIdentity;
  #open = true;

  /** Use {@linkcode openPinned}. */
  constructor(fd: number, path: string, name: string, identity: FileIdentity) {
    this.fd = fd;
    this.path = path;
    this.name = name;
    this.identity = identity;
  }

  /** Its size when it was opened, in bytes. */
  get size(): number {
    return this.identity.size;
  }

  /**
   * Reads exactly `length` bytes at `position`.
   *
   * @param into Where the bytes go.
   * @param at First byte of `into` to fill.
   * @param length Bytes to read.
   * @param position Offset in the file, in bytes.
   * @throws {ParasyncError} "changed" when the file became shorter.
   */
  read(into: Uint8Array, at: number, length: number, position: number): void {
    readFully(this.fd, into, at, length, position, this.name);
  }

  /** When its content or attributes changed last, which nobody can set, in ms; the runtime tells whole seconds. */
  get changedMs(): number {
    try {
      return Number(fs.fstatSync(this.fd, { bigint: true }).ctimeMs);
    } catch (error) {
      throw asFileError(error, "use", this.name);
    }
  }

  /**
   * Makes sure that neither the content behind the descriptor nor the file at the path changed since.
   *
   * @param changedMs What {@linkcode changedMs} must still be, if it matters.
   * @throws {ParasyncError} "changed".
   */
  verifyUnchanged(changedMs?: number): void {
    let held: FileIdentity;
    let named: FileIdentity | null;
    try {
      held = identityOf(fs.fstatSync(this.fd, { bigint: true }));
      const stat = fs.lstatSync(this.path, { bigint: true, throwIfNoEntry: false });
      named = stat === undefined ? null : identityOf(stat);
    } catch (error) {
      throw asFileError(error, "use", this.name);
    }
    const touched = changedMs !== undefined && changedMs !== this.changedMs;
    if (touched || !sameIdentity(held, this.identity)) {
      throw changed(this.name, "it was changed meanwhile");
    }
    if (named === null) throw changed(this.name, "it was removed meanwhile");
    if (!sameIdentity(named, this.identity)) throw changed(this.name, "it was replaced meanwhile");
  }

  /** Closes the descriptor; may be called again. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    fs.closeSync(this.fd);
  }

  /** Lets `using` close it. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Opens a regular file for reading and pins its identity.
 *
 * Not every runtime honours O_NOFOLLOW (Deno 2.4 ignores it, Windows has none), so the file is looked at
 * without following before, and by its descriptor after it is opened, and both must be one file.
 *
 * @param path The file.
 * @param options What it must be, and how it is called.
 * @returns The open file; the caller closes it.
 * @throws {ParasyncError} "not_found", "file_selection" for anything but a regular file, "changed" when it
 * is not the expected one, or what {@linkcode asFileError} gives.
 */
export function openPinned(path: string, options: PinOptions = {}): PinnedFile {
  const name = options.name ?? path;
  let fd = -1;
  try {
    const resolved = options.followLinks === true ? fs.realpathSync(path) : path;
    const before = fs.lstatSync(resolved, { bigint: true });
    requireRegular(before, "open", name);
    fd = fs.openSync(resolved, READ_FLAGS);
    const identity = identityOf(fs.fstatSync(fd, { bigint: true }));
    if (!sameIdentity(identity, identityOf(before))) {
      throw changed(name, "it was changed or replaced while being opened");
    }
    if (options.expect !== undefined && !sameIdentity(identity, options.expect)) {
      throw changed(name, "it was changed or replaced meanwhile");
    }
    return new PinnedFile(fd, resolved, name, identity);
  } catch (error) {
    if (fd !== -1) fs.closeSync(fd);
    throw asFileError(error, "open", name);
  }
}

/** Without O_NONBLOCK a named pipe that takes the file's place at the last moment would block us. */
const READ_FLAGS = fs.constants.O_RDONLY | (fs.constants.O_NOFOLLOW ?? 0) |
  (fs.constants.O_NONBLOCK ?? 0);

function changed(name: string, reason: string): ParasyncError {
  return new ParasyncError("changed", `Cannot use ${displayName(name)}: ${reason}`);
}
