import { fs } from "../node.ts";
import { linkExclusive, unlinkQuietly } from "./directory_entry.ts";
import { errnoOf } from "./file_error.ts";
import { decodeLeaseRecord, LEASE_RECORD_BYTES, type LeaseRecord } from "./lease_record.ts";

/**
 * An open file with a lease in it, and the place in the folder that it has or is to have. While it is open
 * its inode cannot be used again, so that device and inode tell whether the place is still its own.
 */
export class LeaseFile {
  /** Its place. */
  path: string;
  /** The runtime's own file object: `flock` is not to be had through node:fs. */
  readonly #file: Deno.FsFile;

  private constructor(path: string, file: Deno.FsFile) {
    this.path = path;
    this.#file = file;
  }

  /** Makes an empty file at a place where nothing is, for its owner alone. */
  static create(path: string): LeaseFile {
    const file = Deno.openSync(path, { read: true, write: true, createNew: true, mode: 0o600 });
    return new LeaseFile(path, file);
  }

  /**
   * Opens what is at a place.
   *
   * @param path The place.
   * @returns The file, or null when there is none.
   * @throws The system's error; anything but a regular file is left alone and reported as EACCES.
   */
  static open(path: string): LeaseFile | null {
    try {
      const stat = fs.lstatSync(path);
      if (!stat.isFile()) throw Object.assign(new Error("not a lease"), { code: "EACCES" });
      return new LeaseFile(path, Deno.openSync(path, { read: true, write: true }));
    } catch (error) {
      if (errnoOf(error) === "ENOENT" || error instanceof Deno.errors.NotFound) return null;
      throw error;
    }
  }

  /** Whether its place is still its own. */
  isInPlace(): boolean {
    const held = this.#file.statSync();
    try {
      const named = fs.lstatSync(this.path);
      return named.ino === held.ino && named.dev === held.dev;
    } catch {
      return false;
    }
  }

  /** When it was last written, milliseconds since 1970, by the clock of its file system. */
  modified(): number {
    return this.#file.statSync().mtime?.getTime() ?? 0;
  }

  /** What it says, or null when that is no record. */
  read(): LeaseRecord | null {
    const bytes = new Uint8Array(LEASE_RECORD_BYTES);
    this.#file.seekSync(0, Deno.SeekMode.Start);
    const length = this.#file.readSync(bytes) ?? 0;
    return decodeLeaseRecord(bytes.subarray(0, length));
  }

  /** Replaces what it says; a record always fits one write. */
  write(record: Uint8Array): void {
    this.#file.seekSync(0, Deno.SeekMode.Start);
    this.#file.writeSync(record);
  }

  /**
   * Gives it a place that nothing is at.
   *
   * @param place The place.
   * @returns False when something is there.
   */
  moveTo(place: string): boolean {
    const linked = linkExclusive(this.path, place);
    if (linked === "taken") return false;
    if (linked === "unsupported") return this.#claim(place);
    unlinkQuietly(this.path);
    this.path = place;
    return true;
  }

  /**
   * Puts another file in its place, unless that is no longer its own or the condition fails.
   *
   * @param other What is to be there.
   * @param condition Asked while this file is locked.
   * @returns Whether it was replaced.
   */
  replaceIf(other: LeaseFile, condition: (file: LeaseFile) => boolean): boolean {
    return this.#locked(() => {
      if (!this.isInPlace() || !condition(this)) return false;
      fs.renameSync(other.path, this.path);
      other.path = this.path;
      return true;
    });
  }

  /**
   * Removes it, unless its place is no longer its own or the condition fails.
   *
   * @param condition Asked while this file is locked.
   * @returns Whether it was removed.
   */
  removeIf(condition: (file: LeaseFile) => boolean): boolean {
    return this.#locked(() => {
      if (!this.isInPlace() || !condition(this)) return false;
      fs.unlinkSync(this.path);
      return true;
    });
  }

  /** Closes it and leaves it where it is. */
  close(): void {
    this.#file.close();
  }

  /** Closes it and removes it from a place that only it knows. */
  discard(): void {
    this.#file.close();
    unlinkQuietly(this.path);
  }

  /** Without hard links: an empty file claims the place, and ours is put over it. */
  #claim(place: string): boolean {
    try {
      fs.closeSync(fs.openSync(place, "wx", 0o600));
    } catch (error) {
      if (errnoOf(error) === "EEXIST") return false;
      throw error;
    }
    fs.renameSync(this.path, place);
    this.path = place;
    return true;
  }

  #locked<T>(action: () => T): T {
    // Held for a few system calls by anyone, so that waiting for it is short.
    try {
      this.#file.lockSync(true);
    } catch {
      return action();
    }
    try {
      return action();
    } finally {
      this.#file.unlockSync();
    }
  }
}
