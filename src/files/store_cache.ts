import { join } from "node:path";
import { fs } from "../node.ts";
import { parseArtefact } from "./artefact.ts";
import { unlinkQuietly } from "./directory_entry.ts";
import { requirePrivate } from "./store_file.ts";

/** How much a cache folder may hold. */
export interface CacheBounds {
  /** Files' checksums. */
  readonly files: number;
  /** Bytes of them together. */
  readonly bytes: number;
}

/** Checksums of nearly a TiB of files, in blocks of 8 KiB with SHA-256. */
export const CACHE_BOUNDS: CacheBounds = { files: 1024, bytes: 4 * 1024 ** 3 };

/** A temporary that is as old was left by a program that was killed. */
const LEFT_MS = 3_600_000;

const CACHED = /^[0-9a-f]{32}\.sums$/;

/**
 * A cache folder's real path.
 *
 * @param directory The folder; links on the way to it are its owner's business and followed once.
 * @param make Whether to make it, for its owner alone, where it does not exist.
 * @returns The path, or null where it does not exist.
 * @throws {ParasyncError} "file_io" where others may write it, or the system's error.
 */
export function openCacheFolder(directory: string, make: boolean): string | null {
  if (make) fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
  else if (!fs.existsSync(directory)) return null;
  const real = fs.realpathSync(directory);
  requirePrivate(fs.lstatSync(real), "their folder");
  return real;
}

/**
 * Removes from a cache folder what was used least recently, until it keeps its bounds, and temporaries that
 * were left in it. Nothing else is touched.
 *
 * @param directory The folder, a real path.
 * @param bounds How much may stay.
 * @param now The present, milliseconds since 1970.
 */
export function pruneCache(directory: string, bounds: CacheBounds, now = Date.now()): void {
  const cached: { path: string; size: number; usedMs: number }[] = [];
  for (const base of fs.readdirSync(directory)) {
    const left = parseArtefact(base)?.kind === "new";
    if (!left && !CACHED.test(base)) continue;
    const path = join(directory, base);
    const stat = fs.lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined || !stat.isFile()) continue;
    if (!left) cached.push({ path, size: stat.size, usedMs: stat.mtimeMs });
    else if (now - stat.mtimeMs > LEFT_MS) unlinkQuietly(path);
  }
  cached.sort((a, b) => b.usedMs - a.usedMs);
  let bytes = 0;
  cached.forEach(({ path, size }, i) => {
    bytes += size;
    // The newest stays whatever its size: it was only just saved.
    if (i > 0 && (i >= bounds.files || bytes > bounds.bytes)) unlinkQuietly(path);
  });
}

/**
 * Notes that a cached file was used. Not by the time of access, which most systems do not keep.
 *
 * @param path The file.
 */
export function noteUse(path: string): void {
  try {
    const now = new Date();
    fs.lutimesSync(path, now, now);
  } catch {
    // It is pruned a little early then.
  }
}
