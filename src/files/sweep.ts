import type { Stats } from "node:fs";
import { join } from "node:path";
import { fs } from "../node.ts";
import { type ArtefactKind, parseArtefact } from "./artefact.ts";
import { asFileError } from "./file_error.ts";
import { leaseKey, removeStaleLease } from "./lease.ts";
import { readPartialRecord } from "./partial_record.ts";

/** How long what an interrupted sync has left is kept for the next one: a nightly one may go on with it, in ms. */
export const PARTIAL_KEPT_MS = 48 * 3_600_000;

/** How many folders a walk looks into. */
const MOST_FOLDERS = 10_000;

/** One session's files in a folder. */
interface Group {
  readonly paths: string[];
  /** When any of them was last touched, milliseconds since 1970. */
  touchedMs: number;
}

/**
 * Removes what sessions that are no more left in a folder: a session's files together, once none of them
 * has been touched for the given time and none of the folder's leases is held for it, and leases whose holder is
 * dead or silent. Everything else in the
 * folder is left alone, folders and links with such names and stored checksums included: those are worth
 * the more the longer their file has not been touched.
 *
 * @param directory A folder under the root, a real path.
 * @param olderThanMs How long a session's files must have lain untouched; well above the time after which
 * sessions expire.
 * @param now The present, milliseconds since 1970.
 * @param keptMs How long the content that an interrupted session has left is kept instead, where it is noted for
 * which target it is.
 * @returns How many files were removed.
 * @throws {ParasyncError} What {@linkcode asFileError} gives when the folder cannot be read.
 */
export function sweepStale(
  directory: string,
  olderThanMs: number,
  now = Date.now(),
  keptMs = PARTIAL_KEPT_MS,
): number {
  const groups = new Map<string, Group>();
  /** Records of partial files, by the session whose temporary they name. */
  const records = new Map<string, string>();
  /** Sessions that are at work: their files stay, whatever a clock that was put forward says of their age. */
  const held = new Set<string>();
  let removed = 0;
  for (const base of listFolder(directory)) {
    const artefact = parseArtefact(base);
    if (artefact === null || artefact.kind === "sums") continue;
    const path = join(directory, base);
    if (artefact.kind === "lease") {
      removed += tryRemove(() => removeStaleLease(path, now));
      const key = leaseKey(path);
      if (key !== null) held.add(key);
    } else {
      const key = artefact.kind === "partial" ? readPartialRecord(path) : null;
      if (key !== null) records.set(key, path);
      else collect(groups, artefact, path);
    }
  }
  for (const [key, path] of records) {
    // A record without its temporary is one more file that nobody needs.
    collect(groups, { owner: key, kind: "partial" }, path);
  }
  for (const [owner, { paths, touchedMs }] of groups) {
    if (held.has(owner)) continue;
    const partial = records.has(owner) && paths.some((path) => path.endsWith(".part"));
    if (now - touchedMs <= (partial ? Math.max(keptMs, olderThanMs) : olderThanMs)) continue;
    for (const path of paths) {
      removed += tryRemove(() => {
        fs.unlinkSync(path);
        return true;
      });
    }
  }
  return removed;
}

/**
 * Sweeps a folder and the folders in it, as many as a walk of bounded length comes to, without keeping others
 * waiting.
 *
 * @param root The topmost folder, a real path.
 * @param olderThanMs As for {@linkcode sweepStale}.
 * @param signal Ends the walk.
 */
export async function sweepTree(
  root: string,
  olderThanMs: number,
  signal: AbortSignal,
): Promise<void> {
  const folders = [root];
  for (let i = 0; i < folders.length && !signal.aborted; i++) {
    const directory = folders[i]!;
    try {
      sweepStale(directory, olderThanMs);
      for (const entry of await fs.promises.readdir(directory, { withFileTypes: true })) {
        if (entry.isDirectory() && folders.length < MOST_FOLDERS) {
          folders.push(join(directory, entry.name));
        }
      }
    } catch {
      // One that cannot be read must not keep the others.
    }
  }
}

function listFolder(directory: string): string[] {
  try {
    return fs.readdirSync(directory);
  } catch (error) {
    throw asFileError(error, "sweep", "the folder");
  }
}

function collect(
  groups: Map<string, Group>,
  { owner }: { owner: string; kind: ArtefactKind },
  path: string,
): void {
  let stat: Stats | undefined;
  try {
    stat = fs.lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return;
  }
  if (stat === undefined || !stat.isFile()) return;
  // A temporary about to be renamed has its new, old-looking mtime; no call sets the other times back.
  const touchedMs = Math.max(stat.mtimeMs || 0, stat.ctimeMs || 0, stat.birthtimeMs || 0);
  const group = groups.get(owner) ?? { paths: [], touchedMs: 0 };
  group.paths.push(path);
  group.touchedMs = Math.max(group.touchedMs, touchedMs);
  groups.set(owner, group);
}

/** One file that cannot be removed must not keep the others. */
function tryRemove(remove: () => boolean): number {
  try {
    return remove() ? 1 : 0;
  } catch {
    return 0;
  }
}
