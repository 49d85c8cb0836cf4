import { basename, dirname, join } from "node:path";
import { ParasyncError } from "../errors.ts";
import { createHash, fs } from "../node.ts";
import { ARTEFACT_PREFIX } from "./artefact.ts";
import {
  areConsistent,
  type BlockRecords,
  decodeRecords,
  encodedLength,
  encodeRecords,
  MAX_RECORDS,
  recordCount,
  type RecordParameters,
} from "./block_records.ts";
import { asFileError } from "./file_error.ts";
import { type FileIdentity, identityOf, sameIdentity } from "./identity.ts";
import {
  CACHE_BOUNDS,
  type CacheBounds,
  noteUse,
  openCacheFolder,
  pruneCache,
} from "./store_cache.ts";
import type { StoreChoice } from "./store_choice.ts";
import { readStoreFile, STORE_NAME, writeStoreFile } from "./store_file.ts";

export type { BlockRecords, RecordParameters } from "./block_records.ts";

/**
 * How long a file must have been left alone before its reading began, for its checksums to be stored. A
 * later change within the grain of its times would go unseen: the runtime reports changes of the inode
 * in whole seconds, FAT keeps times to two. Git treats its index likewise and calls such files racily clean.
 */
export const RACY_MS = 2_000;

/** What a file is at one moment, beyond its identity. */
interface Stamp {
  readonly identity: FileIdentity;
  /** When anything about it last changed; unlike the time of modification nobody can set it back. */
  readonly ctimeNs: string;
  /** The later of both times, milliseconds since 1970. */
  readonly touchedMs: number;
}

/**
 * Checksums of files' blocks, kept from one run to the next and found again only while the file is what it
 * was (SkySync, FAST'26, §3, takes them from a file system or a deduplicating store that keeps them anyway).
 *
 * A file is known by its real path, device, inode, size and both times, so that a change is noticed
 * even if its time of modification is set back. Where the platform has no time of change (Windows), such a
 * change with the size kept goes unseen here; the digest over the whole result does see it.
 *
 * Nothing that is wrong with a store keeps a sync from its work: it is reported, and the checksums are
 * missing. Both ways take this thread some 10 ms a GiB of the file, most of it for the digest.
 */
export class ChecksumStore {
  readonly #choice: StoreChoice;
  readonly #report: (problem: string) => void;
  readonly #bounds: CacheBounds;

  /**
   * @param choice Where checksums are kept.
   * @param report Told in one line what is wrong with the store; not that nothing is stored, which is ordinary.
   * @param bounds How much a cache folder holds.
   */
  constructor(
    choice: StoreChoice,
    report: (problem: string) => void = () => {},
    bounds: CacheBounds = CACHE_BOUNDS,
  ) {
    this.#choice = choice;
    this.#report = report;
    this.#bounds = bounds;
  }

  /** Whether anything is kept at all. */
  get enabled(): boolean {
    return this.#choice.kind !== "off";
  }

  /** Whether a file was touched so lately that its checksums would not be kept. */
  isFresh(path: string): boolean {
    return this.#attempt("use", () => {
      return stampOf(fs.realpathSync(path)).touchedMs + RACY_MS > Date.now();
    }) ?? true;
  }

  /** Removes a file's checksums, which were found to be wrong. */
  forget(path: string): void {
    if (this.#choice.kind === "off") return;
    this.#attempt("remove", () => {
      const place = this.#place(fs.realpathSync(path), false);
      if (place !== null) fs.rmSync(place.path, { force: true });
      return null;
    });
  }

  /**
   * Finds a file's checksums.
   *
   * @param path The file, as it was pinned.
   * @param identity What it was when it was pinned.
   * @param parameters How the checksums must have been made.
   * @returns The records, or null where none are stored of what the file is now.
   */
  load(path: string, identity: FileIdentity, parameters: RecordParameters): BlockRecords | null {
    if (this.#choice.kind === "off") return null;
    if (recordCount(identity.size, parameters.block) > MAX_RECORDS) return null;
    return this.#attempt("use", () => {
      const real = fs.realpathSync(path);
      const stamp = stampOf(real);
      const place = this.#place(real, false);
      if (place === null || !sameIdentity(stamp.identity, identity)) return null;
      const key = keyOf(real, stamp, parameters);
      const bytes = readStoreFile(place.path, encodedLength(key, identity.size, parameters));
      if (bytes === null) return null;
      const records = decodeRecords(bytes, key, identity.size, parameters);
      if (records === "other") return null;
      if (records === "damaged") {
        throw new ParasyncError("file_io", `Cannot use ${STORE_NAME}: their file is damaged`);
      }
      if (!sameStamp(stampOf(real), stamp)) return null;
      if (this.#choice.kind === "cache") noteUse(place.path);
      return records;
    });
  }

  /**
   * Keeps a file's checksums. Those of a file that was touched less than {@linkcode RACY_MS} before its
   * reading began are not kept, nor those of one that is no longer what was read.
   *
   * @param path The file, as it was pinned.
   * @param identity What it was when it was pinned.
   * @param records Its checksums.
   * @param begunMs A moment before the first byte was read for them, milliseconds since 1970 by this machine's
   * clock; a file server's clock must not be further behind it than {@linkcode RACY_MS} allows for.
   * @returns Whether they are stored.
   * @throws {ParasyncError} "internal" for records that do not belong to such a file.
   */
  save(path: string, identity: FileIdentity, records: BlockRecords, begunMs: number): boolean {
    if (this.#choice.kind === "off") return false;
    if (records.size !== identity.size || !areConsistent(records)) {
      throw new ParasyncError("internal", "Cannot store checksums: they are not of this file");
    }
    if (records.weaks.length > MAX_RECORDS) return false;
    return this.#attempt("write", () => {
      const real = fs.realpathSync(path);
      const stamp = stampOf(real);
      if (!sameIdentity(stamp.identity, identity)) return false;
      if (stamp.touchedMs + RACY_MS > begunMs) return false;
      const place = this.#place(real, true);
      if (place === null) return false;
      const pieces = encodeRecords(keyOf(real, stamp, records), records);
      writeStoreFile(place.directory, place.path, pieces);
      if (this.#choice.kind === "cache") pruneCache(place.directory, this.#bounds);
      return true;
    }) ?? false;
  }

  /** Where a file's checksums are or are to be, or null where there is no such folder. */
  #place(real: string, make: boolean): { directory: string; path: string } | null {
    if (this.#choice.kind === "cache") {
      const directory = openCacheFolder(this.#choice.directory, make);
      if (directory === null) return null;
      return { directory, path: join(directory, `${hashOf(real, 32)}.sums`) };
    }
    const directory = dirname(real);
    const base = `${ARTEFACT_PREFIX}${hashOf(basename(real), 16)}.sums`;
    return { directory, path: join(directory, base) };
  }

  #attempt<T>(verb: string, action: () => T): T | null {
    try {
      return action();
    } catch (error) {
      const failure = asFileError(error, verb, STORE_NAME);
      // The file or its checksums went away at this moment: then there is nothing stored of it.
      if (failure.code !== "not_found") this.#report(failure.message);
      return null;
    }
  }
}

/** Everything that records depend on, as text; one form, so that it can be compared as such. */
function keyOf(
  path: string,
  { identity: { dev, ino, size, mtimeNs }, ctimeNs }: Stamp,
  { block, suite, strongBytes }: RecordParameters,
): string {
  return JSON.stringify({ path, dev, ino, size, mtimeNs, ctimeNs, block, suite, strongBytes });
}

function stampOf(real: string): Stamp {
  const stat = fs.lstatSync(real, { bigint: true });
  const ctimeNs = stat.ctimeNs ?? 0n;
  const mtimeNs = stat.mtimeNs ?? 0n;
  const touched = ctimeNs > mtimeNs ? ctimeNs : mtimeNs;
  return {
    identity: identityOf(stat),
    ctimeNs: String(ctimeNs),
    touchedMs: Number(touched / 1_000_000n),
  };
}

function sameStamp(a: Stamp, b: Stamp): boolean {
  return sameIdentity(a.identity, b.identity) && a.ctimeNs === b.ctimeNs;
}

function hashOf(text: string, digits: number): string {
  return createHash("sha256").update(text).digest("hex").slice(0, digits);
}
