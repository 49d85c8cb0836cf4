import type { Stats } from "node:fs";
import { ParasyncError } from "../errors.ts";
import { fs } from "../node.ts";
import { type ApplyFile, createExclusive, openForApply } from "./apply_file.ts";
import { artefactPath } from "./artefact.ts";
import { unlinkQuietly } from "./directory_entry.ts";
import { asFileError, displayName } from "./file_error.ts";
import { failpoint } from "./failpoint.ts";
import { type FileIdentity, identityOf, sameFile } from "./identity.ts";
import { type Location, verifyLocation } from "./location.ts";
import { type AsyncTransfer, writeFully, writeFullyAsync } from "./positional.ts";
import { requireSpace } from "./space.ts";
import { type CommitOptions, type CommitResult, commitTarget } from "./target_commit.ts";
import { preallocate } from "./preallocate.ts";

export { type ApplyFile, openForApply };

/** What {@linkcode TargetFile.create} makes a temporary for. */
export interface TargetOptions {
  /** Where the result will be. */
  readonly location: Location;
  /** The session's key, which names the temporary. */
  readonly key: string;
  /** The folder of the temporary, a real path in the target's file system; undefined: the target's folder. */
  readonly directory?: string | undefined;
  /** Bytes of the result. */
  readonly size: number;
  /** Bytes that will really be written, if fewer: holes need no space, and are not given any. */
  readonly reserve?: number | undefined;
  /** Whether it may need no space at all, so that none is asked for before {@linkcode TargetFile.reserve}. */
  readonly later?: boolean | undefined;
  /** Discards the target when it fires. Where a broken sync is to be resumed, hand in none. */
  readonly signal?: AbortSignal | undefined;
  /** The transfer that {@linkcode TargetFile.writeAt} repeats; a test may hand in a faulty one. */
  readonly write?: AsyncTransfer | undefined;
}

/** Writes up to this length are done in this thread: some 5 µs each, and up to 20. */
const SHORT_BYTES = 32 << 10;

/** What the blocks are that a file's status counts. */
const STAT_BLOCK_BYTES = 512;

type State = "open" | "committing" | "committed" | "kept" | "discarded";

/**
 * A result being built: a temporary `.parasync-<key>.part` of the final size in the target's folder, all
 * holes at first, written at absolute offsets, and given the target's name only once it is complete.
 *
 * Every target ends with {@linkcode commit}, {@linkcode keep} or {@linkcode discard}; a failed write or
 * commit discards it, so that only the end of the process leaves a temporary behind, for `sweepStale`.
 */
export class TargetFile {
  /** Where the result will be. */
  readonly location: Location;
  /** The temporary's path, for {@linkcode openForApply} in workers. */
  readonly path: string;
  /** Bytes of the result. */
  readonly size: number;
  /** Which file the temporary is, for {@linkcode openForApply} in workers; its time does not count. */
  readonly identity: FileIdentity;
  readonly #options: TargetOptions;
  readonly #fd: number;
  #state: State = "open";
  /** What is under way on the descriptor: in Deno 2.4 two operations at once would mix their places. */
  #last: Promise<void> = Promise.resolve();
  #failure: unknown;

  private constructor(options: TargetOptions, path: string, fd: number) {
    this.#options = options;
    this.location = options.location;
    this.path = path;
    this.size = options.size;
    this.identity = identityOf(fs.fstatSync(fd, { bigint: true }));
    this.#fd = fd;
    options.signal?.addEventListener("abort", this.#abort);
  }

  /**
   * @param options What is to be built.
   * @returns An open target of the final size, without a block allocated.
   * @throws {ParasyncError} "no_space" before anything is written, "changed" when the folder was replaced
   * or the key is in use, or what {@linkcode asFileError} gives.
   */
  static create(options: TargetOptions): TargetFile {
    const { location, size } = options;
    if (!Number.isSafeInteger(size) || size < 0) {
      throw new RangeError(`Cannot make a file of ${size} bytes`);
    }
    const { directory = location.directory, later = false } = options;
    const path = artefactPath(directory, options.key, "part");
    let fd = -1;
    try {
      requireNotAborted(options.signal, location.name);
      if (!later) requireSpace(directory, options.reserve ?? size, location.name);
      fd = createExclusive(path);
      verifyLocation(location);
      requireSameFileSystem(fd, location);
      fs.ftruncateSync(fd, size);
      if (!later) allocate(path, options);
      failpoint("after-temp");
      return new TargetFile(options, path, fd);
    } catch (error) {
      if (fd !== -1) {
        fs.closeSync(fd);
        unlinkQuietly(path);
      }
      throw asFileError(error, "write", location.name);
    }
  }

  /**
   * Takes over the temporary that an interrupted session left, under another name: the session that left it
   * cannot commit it any more. What is in it is not known: each byte must be compared or written, zeros too.
   *
   * @param options What is being built, under the new session's key.
   * @param from The key of the session that left it.
   * @returns An open target of the new size, with the content written so far.
   * @throws {ParasyncError} "not_found" when there is none, "changed" when it is none of ours, "no_space", or
   * what {@linkcode asFileError} gives; the temporary stays.
   */
  static adopt(options: TargetOptions, from: string): TargetFile {
    const { location } = options;
    const { directory = location.directory } = options;
    const old = artefactPath(directory, from, "part");
    const path = artefactPath(directory, options.key, "part");
    let fd = -1;
    try {
      requireNotAborted(options.signal, location.name);
      verifyLocation(location);
      fd = openForApply(old, undefined, location.name).fd;
      const stat = fs.fstatSync(fd);
      requireOwnTemporary(stat, options);
      const missing = (options.reserve ?? options.size) - (stat.blocks ?? 0) * STAT_BLOCK_BYTES;
      requireSpace(directory, Math.max(0, missing), location.name);
      if (Deno.build.os !== "windows") fs.fchmodSync(fd, 0o600);
      if (stat.size !== options.size) fs.ftruncateSync(fd, options.size);
      const target = new TargetFile(options, path, fd);
      if (path !== old) fs.renameSync(old, path);
      return target;
    } catch (error) {
      if (fd !== -1) fs.closeSync(fd);
      throw asFileError(error, "resume", location.name);
    }
  }

  /**
   * Takes the space of a target that was made without.
   *
   * @throws {ParasyncError} "no_space" where there is too little.
   */
  reserve(): void {
    const { location, directory = location.directory, reserve, size } = this.#options;
    requireSpace(directory, reserve ?? size, location.name);
    allocate(this.path, this.#options);
  }

  /**
   * Writes bytes at an offset, one call after the other, without blocking the event loop.
   *
   * @param bytes What to write; must not change until the promise settles.
   * @param position Offset in the result, in bytes.
   * @throws {ParasyncError} "stream" outside of the result's size, "interrupted" after the signal, or what
   * {@linkcode asFileError} gives; the target is discarded then.
   */
  async writeAt(bytes: Uint8Array, position: number): Promise<void> {
    this.#requireOpen();
    const file = displayName(this.location.name);
    if (position < 0 || position + bytes.length > this.size) {
      throw new ParasyncError("stream", `Cannot write ${file}: beyond the size that was announced`);
    }
    const written = this.#last.then(() => {
      // What was accepted before keep or commit is still written; after discard there is no file.
      if (this.#state === "discarded") this.#requireOpen();
      const place = [this.#fd, bytes, 0, bytes.length, position, this.location.name] as const;
      // Another thread's help takes ten times as long as a short write itself does.
      if (bytes.length <= SHORT_BYTES && this.#options.write === undefined) {
        return writeFully(...place);
      }
      return writeFullyAsync(...place, this.#options.write);
    });
    this.#last = written.catch((error) => {
      this.#failure ??= error;
    });
    try {
      await written;
    } catch (error) {
      await this.discard();
      throw error;
    }
  }

  /**
   * Gives the result its attributes and, all at once, its name. Workers must be done with it.
   *
   * @param options What must hold, and what the result gets.
   * @returns What is there now.
   * @throws {ParasyncError} "changed" when basis, target or folder are no longer as expected, or what
   * {@linkcode asFileError} gives; everything is as it was then, and the target is discarded.
   */
  async commit(options: CommitOptions): Promise<CommitResult> {
    this.#requireOpen();
    this.#state = "committing";
    await this.#last;
    try {
      if (this.#failure !== undefined) throw this.#failure;
      const result = await commitTarget(
        {
          location: this.location,
          path: this.path,
          fd: this.#fd,
          size: this.size,
          verifyWanted: () => requireNotAborted(this.#options.signal, this.location.name),
        },
        options,
      );
      this.#state = "committed";
      return result;
    } catch (error) {
      unlinkQuietly(this.path);
      this.#state = "discarded";
      throw asFileError(error, "commit", this.location.name);
    } finally {
      this.#close();
    }
  }

  /**
   * Makes sure that the temporary still is this session's: another one may have taken it over while this one was
   * idle.
   *
   * @throws {ParasyncError} "changed" when it was.
   */
  verifyInPlace(): void {
    const named = fs.lstatSync(this.path, { bigint: true, throwIfNoEntry: false });
    if (named !== undefined && sameFile(identityOf(named), this.identity)) return;
    const file = displayName(this.location.name);
    throw new ParasyncError(
      "changed",
      `Cannot write ${file}: its temporary file was removed or taken over by a newer sync`,
    );
  }

  /** Closes it and leaves the temporary for {@linkcode adopt}; does nothing when it has ended. */
  async keep(): Promise<void> {
    if (this.#state !== "open") return;
    this.#state = "kept";
    await this.#last;
    this.#close();
  }

  /** Removes the temporary; does nothing when it has ended, and never throws. */
  async discard(): Promise<void> {
    if (this.#state !== "open") return;
    this.#state = "discarded";
    unlinkQuietly(this.path);
    // Closing under a write that is under way would fail that write with a misleading reason.
    await this.#last;
    this.#close();
  }

  /** Lets `await using` discard what was not committed or kept. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.discard();
  }

  #abort = (): void => {
    void this.discard();
  };

  #requireOpen(): void {
    requireNotAborted(this.#options.signal, this.location.name);
    if (this.#state === "open") return;
    const file = displayName(this.location.name);
    throw new ParasyncError("internal", `Cannot write ${file}: its target is ${this.#state}`);
  }

  #close(): void {
    this.#options.signal?.removeEventListener("abort", this.#abort);
    fs.closeSync(this.#fd);
  }
}

function requireNotAborted(signal: AbortSignal | undefined, name: string): void {
  if (signal?.aborted !== true) return;
  throw new ParasyncError("interrupted", `Cannot write ${displayName(name)}: it was interrupted`, {
    cause: signal.reason,
  });
}

/** A result cannot be renamed to its place from another file system. */
function requireSameFileSystem(fd: number, location: Location): void {
  const { dev } = fs.fstatSync(fd);
  if (dev === fs.statSync(location.directory).dev) return;
  throw new ParasyncError(
    "file_io",
    `Cannot write ${
      displayName(location.name)
    }: the folder for partial files is in another file system`,
  );
}

/** A temporary that anybody may write to or that has a second name is not one that a session of ours left. */
function requireOwnTemporary(stat: Stats, options: TargetOptions): void {
  // One that was about to be committed has the mode of the file that it replaces.
  const isPrivate = Deno.build.os === "windows" || (stat.mode & 0o002) === 0;
  if (isPrivate && stat.nlink === 1) return;
  const file = displayName(options.location.name);
  throw new ParasyncError("changed", `Cannot resume ${file}: what was kept of it does not fit`);
}

/** Gives a temporary its blocks, but where some of it is to stay a hole. */
function allocate(path: string, { location, directory, size, reserve }: TargetOptions): void {
  if (reserve !== undefined && reserve < size) return;
  preallocate(path, directory ?? location.directory, size);
}
