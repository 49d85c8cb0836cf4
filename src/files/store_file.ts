import process from "node:process";
import { ParasyncError } from "../errors.ts";
import { fs } from "../node.ts";
import { createExclusive } from "./apply_file.ts";
import { artefactPath, newSessionKey } from "./artefact.ts";
import { unlinkQuietly } from "./directory_entry.ts";
import { openPinned } from "./pinned_file.ts";
import { writeFully } from "./positional.ts";

/** What messages call a store's file; its path is nobody's business. */
export const STORE_NAME = "the stored checksums";

/** Permission bits that let somebody else write. */
const OTHERS_WRITE = 0o022;

/**
 * Makes sure that nobody else can have written something, as ssh does with its files: whoever may write
 * checksums decides what a target is put together from.
 *
 * @param stat What `lstat` or `fstat` said about it.
 * @param what What it is, for the message.
 * @throws {ParasyncError} "file_io". Windows tells neither owner nor bits, so that nothing is refused there.
 */
export function requirePrivate(
  { uid, mode }: { readonly uid: number; readonly mode: number },
  what: string,
): void {
  if (Deno.build.os === "windows") return;
  if (uid !== process.geteuid?.()) throw untrusted(`${what} belongs to another user`);
  if ((mode & OTHERS_WRITE) !== 0) throw untrusted(`others may write ${what}`);
}

/**
 * Reads a store's file, which must be of a certain length.
 *
 * @param path The file; a link in its place is refused.
 * @param length Its length in bytes.
 * @returns Its content, or null where there is none or it is of another length.
 * @throws {ParasyncError} "file_io" where others could have written it, or what {@linkcode openPinned} throws.
 */
export function readStoreFile(path: string, length: number): Uint8Array<ArrayBuffer> | null {
  if (fs.lstatSync(path, { throwIfNoEntry: false }) === undefined) return null;
  using file = openPinned(path, { name: STORE_NAME });
  requirePrivate(fs.fstatSync(file.fd), "their file");
  if (file.size !== length) return null;
  const bytes = new Uint8Array(length);
  file.read(bytes, 0, length, 0);
  return bytes;
}

/**
 * Writes a store's file for its owner alone, replacing an older one, or a link in its place, at once or not
 * at all. It is not brought to the device: its digest tells a torn one.
 *
 * @param directory Its folder, a real path.
 * @param path The file, in that folder.
 * @param pieces Its content.
 * @throws {ParasyncError} Or the system's error.
 */
export function writeStoreFile(
  directory: string,
  path: string,
  pieces: readonly Uint8Array[],
): void {
  const fresh = artefactPath(directory, newSessionKey(), "new");
  const fd = createExclusive(fresh);
  try {
    try {
      let at = 0;
      for (const piece of pieces) {
        writeFully(fd, piece, 0, piece.length, at, STORE_NAME);
        at += piece.length;
      }
    } finally {
      fs.closeSync(fd);
    }
    fs.renameSync(fresh, path);
  } catch (error) {
    unlinkQuietly(fresh);
    throw error;
  }
}

function untrusted(reason: string): ParasyncError {
  return new ParasyncError("file_io", `Cannot use ${STORE_NAME}: ${reason}`);
}
