import { join } from "node:path";
import { parseArtefact } from "../../files/artefact.ts";
import { currentHolder, holderState } from "../../files/holder.ts";
import { LEASE_STALE_MS } from "../../files/lease.ts";
import { decodeLeaseRecord, LEASE_RECORD_BYTES } from "../../files/lease_record.ts";
import { fs } from "../../node.ts";

/** What syncs have beside their targets in one folder. */
export interface Leftovers {
  /** Leases that a sync holds. */
  readonly held: number;
  /** Files that may belong to a sync at work. */
  readonly recent: number;
  /** Files that belong to none any more. */
  readonly stale: number;
  /** Bytes of those. */
  readonly staleBytes: number;
  /** How long ago the oldest of them was written, in ms. */
  readonly oldestMs: number;
}

/** As a server with its default `--session-ttl` has it, when it removes what a session left. */
const STALE_MS = 30 * 60_000;

/**
 * Looks for the files of syncs in a folder, and touches none. Stored checksums are not among them.
 *
 * @param directory The folder.
 * @param now The present, milliseconds since 1970.
 * @throws The system's error where the folder cannot be read.
 */
export function findLeftovers(directory: string, now: number): Leftovers {
  const found = { held: 0, recent: 0, stale: 0, staleBytes: 0, oldestMs: 0 };
  for (const base of fs.readdirSync(directory)) {
    const artefact = parseArtefact(base);
    if (artefact === null || artefact.kind === "sums") continue;
    const path = join(directory, base);
    const stat = fs.lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined || !stat.isFile()) continue;
    // A temporary that is about to get its name has the new file's time.
    const age = Math.max(0, now - Math.max(stat.mtimeMs, stat.ctimeMs));
    const holder = artefact.kind === "lease" ? leaseState(path, age) : "none";
    if (holder === "alive") {
      found.held++;
    } else if (holder === "dead" || age > STALE_MS) {
      found.stale++;
      found.staleBytes += stat.size;
      found.oldestMs = Math.max(found.oldestMs, age);
    } else found.recent++;
  }
  return found;
}

/** Whether somebody holds a lease; one whose holder cannot be asked is as good as its age. */
function leaseState(path: string, age: number): "alive" | "dead" {
  const record = decodeLeaseRecord(startOf(path));
  const state = record === null ? "unknown" : holderState(record, currentHolder());
  if (state !== "unknown") return state;
  return age > LEASE_STALE_MS ? "dead" : "alive";
}

function startOf(path: string): Uint8Array {
  try {
    const bytes = fs.readFileSync(path);
    return bytes.length > LEASE_RECORD_BYTES ? new Uint8Array(0) : bytes;
  } catch {
    // Another user's, or gone meanwhile.
    return new Uint8Array(0);
  }
}
