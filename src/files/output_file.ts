import { ParasyncError } from "../errors.ts";
import { fs } from "../node.ts";
import { createExclusive } from "./apply_file.ts";
import { artefactPath, newSessionKey } from "./artefact.ts";
import { unlinkQuietly } from "./directory_entry.ts";
import { asFileError, displayName } from "./file_error.ts";
import { type Location, verifyLocation } from "./location.ts";
import { writeFully } from "./positional.ts";
import { type CommitOptions, type CommitResult, commitTarget } from "./target_commit.ts";

/**
 * A file of unknown size that is written from its first byte to its last: a temporary `.parasync-<key>.part` in
 * the folder of the result, given its name only once it is complete. Writing blocks this thread, so that
 * nothing piles up before a slow disk; for a server there is `TargetFile`.
 */
export class OutputFile {
  readonly #location: Location;
  readonly #path: string;
  readonly #fd: number;
  readonly #signal: AbortSignal;
  #size = 0;
  #open = true;

  private constructor(location: Location, path: string, fd: number, signal: AbortSignal) {
    this.#location = location;
    this.#path = path;
    this.#fd = fd;
    this.#signal = signal;
  }

  /**
   * @param location Where the result will be.
   * @param signal Once it fires, nothing is committed.
   * @returns An open, empty file that nobody else can read.
   * @throws {ParasyncError} What {@linkcode asFileError} gives.
   */
  static create(location: Location, signal: AbortSignal): OutputFile {
    const path = artefactPath(location.directory, newSessionKey(), "part");
    let fd = -1;
    try {
      fd = createExclusive(path);
      verifyLocation(location);
      return new OutputFile(location, path, fd, signal);
    } catch (error) {
      if (fd !== -1) {
        fs.closeSync(fd);
        unlinkQuietly(path);
      }
      throw asFileError(error, "write", location.name);
    }
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#size;
  }

  /**
   * Writes the next bytes.
   *
   * @param bytes What to write.
   * @throws {ParasyncError} "no_space" on a full disk, or what {@linkcode asFileError} gives.
   */
  append(bytes: Uint8Array): void {
    this.#requireOpen();
    writeFully(this.#fd, bytes, 0, bytes.length, this.#size, this.#location.name);
    this.#size += bytes.length;
  }

  /**
   * Gives the file its attributes and, all at once, its name.
   *
   * @param options What must hold, and what the file gets.
   * @returns What is there now.
   * @throws {ParasyncError} As `TargetFile.commit`; everything is as it was then, and the file is discarded.
   */
  async commit(options: CommitOptions): Promise<CommitResult> {
    this.#requireOpen();
    try {
      const result = await commitTarget(
        {
          location: this.#location,
          path: this.#path,
          fd: this.#fd,
          size: this.#size,
          verifyWanted: () => this.#signal.throwIfAborted(),
        },
        options,
      );
      this.#open = false;
      fs.closeSync(this.#fd);
      return result;
    } catch (error) {
      this.discard();
      throw asFileError(error, "commit", this.#location.name);
    }
  }

  /** Removes the temporary; does nothing after a commit, and never throws. */
  discard(): void {
    if (!this.#open) return;
    this.#open = false;
    unlinkQuietly(this.#path);
    fs.closeSync(this.#fd);
  }

  /** Lets `using` discard what was not committed. */
  [Symbol.dispose](): void {
    this.discard();
  }

  #requireOpen(): void {
    if (this.#open) return;
    const file = displayName(this.#location.name);
    throw new ParasyncError("internal", `Cannot write ${file}: it has been committed or discarded`);
  }
}
