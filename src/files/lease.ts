import { join } from "node:path";
import { clearInterval, setInterval } from "node:timers";
import { ParasyncError } from "../errors.ts";
import { createHash } from "../node.ts";
import { ARTEFACT_PREFIX, artefactPath, newSessionKey, requireSessionKey } from "./artefact.ts";
import { asFileError, displayName, errnoOf } from "./file_error.ts";
import { currentHolder, holderState } from "./holder.ts";
import { encodeLeaseRecord } from "./lease_record.ts";
import { LeaseFile } from "./lease_file.ts";
import type { Location } from "./location.ts";

/** How often a holder shows that it is at work. */
const RENEW_MS = 5_000;

/** How long a lease outlives its last renewal, where nothing else tells whether its holder is alive. */
export const LEASE_STALE_MS = 30_000;

/** How often the path may turn out to be another file while a lease is being acquired. */
const ATTEMPTS = 16;

/** The right to sync to one target, held by one session of one process at a time. */
export class Lease {
  /** The lease's file. */
  readonly path: string;
  readonly #file: LeaseFile;
  readonly #record: Uint8Array;
  readonly #name: string;
  readonly #timer: ReturnType<typeof setInterval>;
  #held = true;

  /** Use {@linkcode acquireLease}. */
  constructor(file: LeaseFile, record: Uint8Array, name: string) {
    this.path = file.path;
    this.#file = file;
    this.#record = record;
    this.#name = name;
    this.#timer = setInterval(() => this.renew(), RENEW_MS);
    // A lease alone is no reason for a program to go on.
    this.#timer.unref();
  }

  /** Shows that the holder is at work; a timer does it, and a long blocking stretch may end with it. */
  renew(): void {
    if (!this.#held) return;
    try {
      // Written rather than touched: the time is then the file server's own, whatever this clock says.
      if (this.#file.isInPlace()) this.#file.write(this.#record);
    } catch {
      // The next renewal may succeed; before a commit verifyHeld decides.
    }
  }

  /**
   * Makes sure that nobody took the lease over, as happens to a holder that was suspended for long.
   *
   * @throws {ParasyncError} "locked".
   */
  verifyHeld(): void {
    if (this.#held && this.#file.isInPlace()) return;
    throw locked(this.#name, "its lease was taken over by another sync");
  }

  /** Gives the lease up; may be called again, and never throws. */
  release(): void {
    if (!this.#held) return;
    this.#held = false;
    clearInterval(this.#timer);
    try {
      this.#file.removeIf(() => true);
    } catch {
      // It becomes stale, and the next sync takes it over.
    } finally {
      this.#file.close();
    }
  }

  /** Lets `using` release it. */
  [Symbol.dispose](): void {
    this.release();
  }
}

/**
 * Acquires the lease of a target: `.parasync-<hash of its name>.lease` beside it, one for all processes
 * and machines that share the folder.
 *
 * The record is written to a file of its own first and then linked to the lease's name, which fails if the
 * name is taken; so a lease is never seen half written. A stale lease is replaced by a rename while its
 * own file is locked (`flock`, which the kernel drops with its holder) and still in place, so that of many
 * that find it stale one takes it over. Where files cannot be locked, two might; the one that loses is
 * told by {@linkcode Lease.verifyHeld} before its commit.
 *
 * @param location The target.
 * @param key The session's key.
 * @returns The lease; the caller releases it.
 * @throws {ParasyncError} "locked" while another sync holds it, or what {@linkcode asFileError} gives.
 */
export function acquireLease(location: Location, key: string): Lease {
  requireSessionKey(key);
  const self = currentHolder();
  const record = encodeLeaseRecord({ version: 1, ...self, key });
  const path = leasePath(location);
  let own: LeaseFile | null = null;
  try {
    own = LeaseFile.create(artefactPath(location.directory, newSessionKey(), "new"));
    own.write(record);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (own.moveTo(path) || takeOver(path, own, location.name)) {
        const lease = new Lease(own, record, location.name);
        own = null;
        return lease;
      }
    }
    throw locked(location.name);
  } catch (error) {
    throw asFileError(error, "sync", location.name);
  } finally {
    own?.discard();
  }
}

function takeOver(path: string, own: LeaseFile, name: string): boolean {
  const other = openOther(path, name);
  if (other === null) return false;
  try {
    return other.replaceIf(own, (file) => {
      if (!isStale(file, own.modified())) throw locked(name);
      return true;
    });
  } finally {
    other.close();
  }
}

/** Another user's lease cannot be opened, and so not be judged. */
function openOther(path: string, name: string): LeaseFile | null {
  try {
    return LeaseFile.open(path);
  } catch (error) {
    if (errnoOf(error) !== "EACCES") throw error;
    throw locked(name, "its lease belongs to another user");
  }
}

/**
 * Removes a lease that nobody holds any more.
 *
 * @param path The lease's file.
 * @param now The present, milliseconds since 1970.
 * @returns Whether it was removed.
 */
export function removeStaleLease(path: string, now: number): boolean {
  const file = LeaseFile.open(path);
  if (file === null) return false;
  try {
    return file.removeIf((it) => isStale(it, now));
  } finally {
    file.close();
  }
}

/**
 * Which session a lease is held for.
 *
 * @param path The lease's file.
 * @returns Its key, or null where there is no lease or it does not say.
 */
export function leaseKey(path: string): string | null {
  try {
    const file = LeaseFile.open(path);
    if (file === null) return null;
    try {
      return file.read()?.key ?? null;
    } finally {
      file.close();
    }
  } catch {
    return null;
  }
}

/** A holder that is known to be alive keeps its lease however old; one that cannot be asked, for 30 s. */
function isStale(file: LeaseFile, now: number): boolean {
  const record = file.read();
  const state = record === null ? "unknown" : holderState(record, currentHolder());
  if (state !== "unknown") return state === "dead";
  // A time far in the future is as old: since the clock was set back nobody renewed it.
  return Math.abs(now - file.modified()) > LEASE_STALE_MS;
}

function leasePath(location: Location): string {
  // Where upper and lower case are one to the file system, they are one target.
  const folded = Deno.build.os === "linux" ? location.base : location.base.toLowerCase();
  const hash = createHash("sha256").update(folded).digest("hex").slice(0, 16);
  return join(location.directory, `${ARTEFACT_PREFIX}${hash}.lease`);
}

function locked(name: string, reason = "another sync of it is at work"): ParasyncError {
  return new ParasyncError("locked", `Cannot sync ${displayName(name)}: ${reason}`);
}
