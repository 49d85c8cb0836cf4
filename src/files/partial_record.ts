import { join } from "node:path";
import { createHash, fs } from "../node.ts";
import { createExclusive } from "./apply_file.ts";
import { ARTEFACT_PREFIX, artefactPath, isSessionKey, newSessionKey } from "./artefact.ts";
import { unlinkQuietly } from "./directory_entry.ts";
import type { Location } from "./location.ts";
import { openPinned } from "./pinned_file.ts";
import { writeFully } from "./positional.ts";

/** The most bytes that a record has. */
const RECORD_BYTES = 256;

/**
 * Says which temporary is being built for a target, so that a sync that is interrupted can be gone on with by
 * whoever comes next: `.parasync-<hash of the target's name>.partial`, a small file in the temporary's folder.
 *
 * It does not say what is in the temporary: that is found out by reading it.
 */
export class PartialRecord {
  /** The folder that the target's temporary is in, a real path. */
  readonly directory: string;
  readonly #path: string;

  /**
   * @param location The target.
   * @param partials The folder for all temporaries, a real path; undefined: each lies beside its target.
   */
  constructor(
    location: Location,
    partials?: string | undefined,
  ) {
    this.directory = partials ?? location.directory;
    // Several servers may see the folder under several paths, and from several roots; its number is the same.
    const name = partials === undefined
      ? location.base
      : `${location.directoryKey.split(":").at(-1)}/${location.base}`;
    // Where upper and lower case are one to the file system, they are one target.
    const folded = Deno.build.os === "linux" ? name : name.toLowerCase();
    const hash = createHash("sha256").update(folded).digest("hex").slice(0, 16);
    this.#path = join(this.directory, `${ARTEFACT_PREFIX}${hash}.partial`);
  }

  /** The key of the session whose temporary it is; null where there is none, or what is there is no record. */
  read(): string | null {
    return readPartialRecord(this.#path);
  }

  /**
   * Names a session's temporary, in place of any other. Without the record a sync still works; only going on
   * with it does not.
   *
   * @param key The session's key.
   */
  write(key: string): void {
    const fresh = artefactPath(this.directory, newSessionKey(), "new");
    let fd = -1;
    try {
      fd = createExclusive(fresh);
      const bytes = new TextEncoder().encode(JSON.stringify({ version: 1, key }) + "\n");
      writeFully(fd, bytes, 0, bytes.length, 0, "the record of a partial file");
      fs.renameSync(fresh, this.#path);
    } catch {
      if (fd !== -1) unlinkQuietly(fresh);
    } finally {
      if (fd !== -1) fs.closeSync(fd);
    }
  }

  /** Removes it, if it names this session's temporary; never throws. */
  remove(key: string): void {
    if (this.read() === key) unlinkQuietly(this.#path);
  }
}

/**
 * Reads a record, believing nothing.
 *
 * @param path Its file.
 * @returns The session's key that it names, or null where there is no such record.
 */
export function readPartialRecord(path: string): string | null {
  try {
    if (fs.lstatSync(path, { throwIfNoEntry: false }) === undefined) return null;
    using file = openPinned(path, { name: "the record of a partial file" });
    if (file.size > RECORD_BYTES) return null;
    const bytes = new Uint8Array(file.size);
    file.read(bytes, 0, bytes.length, 0);
    const record: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof record !== "object" || record === null) return null;
    const { version, key }: { version?: unknown; key?: unknown } = record;
    return version === 1 && isSessionKey(key) ? key : null;
  } catch {
    return null;
  }
}
