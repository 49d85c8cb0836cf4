import { ParasyncError } from "../errors.ts";
import { fs } from "../node.ts";
import { asFileError, displayName, errnoOf } from "./file_error.ts";
import { requireRegular } from "./file_kind.ts";
import { type FileIdentity, identityOf, sameFile } from "./identity.ts";
import type { OpenFile } from "./open_file.ts";

const NOFOLLOW = fs.constants.O_NOFOLLOW ?? 0;
const CREATE_FLAGS = fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_EXCL | NOFOLLOW;

/**
 * Makes a new file, for its owner alone, that nothing was at the path of.
 *
 * @param path Where.
 * @returns A descriptor for reading and writing.
 * @throws The system's error, EEXIST if anything is there, a dangling link included.
 */
export function createExclusive(path: string): number {
  return fs.openSync(path, CREATE_FLAGS, 0o600);
}

/** A thread's own descriptor of a target's temporary, for reading and writing. */
export class ApplyFile implements OpenFile {
  readonly fd: number;
  readonly path: string;
  /** The target's name, for messages to peers. */
  readonly name: string;
  readonly size: number;
  #open = true;

  /** Use {@linkcode openForApply}. */
  constructor(fd: number, path: string, name: string, size: number) {
    this.fd = fd;
    this.path = path;
    this.name = name;
    this.size = size;
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
 * Opens the temporary of a `TargetFile` once more, as every worker does: descriptors belong to one thread,
 * and in Deno 2.4 two threads or calls at work on one descriptor would mix their places.
 *
 * @param path The temporary's path.
 * @param expect Which file and size it must be; its time changes all along and is not compared.
 * @param name The target's name for messages.
 * @returns The open file; the caller closes it.
 * @throws {ParasyncError} "changed" when it is another file, or what {@linkcode asFileError} gives.
 */
export function openForApply(path: string, expect?: FileIdentity, name = path): ApplyFile {
  let fd = -1;
  try {
    const before = fs.lstatSync(path, { bigint: true });
    requireRegular(before, "write", name);
    fd = fs.openSync(path, fs.constants.O_RDWR | NOFOLLOW);
    const identity = identityOf(fs.fstatSync(fd, { bigint: true }));
    const wanted = expect ?? identityOf(before);
    if (!sameFile(identity, wanted) || identity.size !== wanted.size) {
      throw new ParasyncError(
        "changed",
        `Cannot write ${displayName(name)}: its temporary file was replaced meanwhile`,
      );
    }
    return new ApplyFile(fd, path, name, identity.size);
  } catch (error) {
    if (fd !== -1) fs.closeSync(fd);
    if (expect !== undefined && errnoOf(error) === "ENOENT") {
      throw new ParasyncError(
        "changed",
        `Cannot write ${displayName(name)}: its temporary file was removed meanwhile`,
        { cause: error },
      );
    }
    throw asFileError(error, "write", name);
  }
}
