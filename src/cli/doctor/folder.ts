/** The folder that a server serves. */
import type { FailureCode, ParasyncError } from "../../errors.ts";
import { artefactPath, newSessionKey } from "../../files/artefact.ts";
import { syncFile, syncFolder } from "../../files/durability.ts";
import { asFileError } from "../../files/file_error.ts";
import { Root } from "../../files/root.ts";
import { fs } from "../../node.ts";
import { formatBytes, formatMillis } from "../output/amounts.ts";
import { type Check, note, ok, problem, reasonIn } from "./check.ts";
import { findLeftovers, type Leftovers } from "./leftovers.ts";

/** Something that was tried and failed. */
export interface Refusal {
  readonly code: FailureCode;
  /** Why, in a few words. */
  readonly reason: string;
}

/** What came of writing a file into the folder as a sync does. */
export interface Trial {
  /** How long it took until it was on the device and had its name, in ms. */
  readonly elapsedMs: number;
  /** Whether the folder's entries can be brought to the device. */
  readonly durable: boolean;
}

/** Room on a file system. */
export interface Space {
  /** What kind it is, such as "ext4"; empty where that is not known. */
  readonly kind: string;
  readonly totalBytes: number;
  /** What this user may still write. */
  readonly freeBytes: number;
  /** Files that may still be made; null where there is no limit. */
  readonly freeFiles: number | null;
}

/** What is known of the folder. */
export interface FolderFacts {
  /** As it was named. */
  readonly name: string;
  /** Its real path, or why it cannot be served at all. */
  readonly path: string | Refusal;
  readonly written: Trial | Refusal;
  readonly space: Space | null;
  readonly leftovers: Leftovers | Refusal;
}

/** What is written to see whether something can be: a block of most file systems. */
const TRIAL_BYTES = 4096;

/** Kinds of file systems by their number in statfs(2), as Linux has them. */
const KINDS: Readonly<Record<number, string>> = {
  0xef53: "ext4",
  0x58465342: "xfs",
  0x9123683e: "btrfs",
  0x01021994: "tmpfs",
  0x794c7630: "overlay",
  0x2fc12fc1: "zfs",
  0xf2f52010: "f2fs",
  0x6969: "nfs",
  0xff534d42: "cifs",
  0xfe534d42: "smb2",
  0x65735546: "fuse",
  0x01021997: "9p",
  0x4d44: "fat",
  0x2011bab0: "exfat",
  0x73717368: "squashfs",
};

/** Below this, free space is worth a word. */
const LITTLE_BYTES = 1e9;

/**
 * Looks at a folder, and writes a small file there as a sync does, which is removed at once.
 *
 * @param name The folder.
 */
export async function examineFolder(name: string): Promise<FolderFacts> {
  let root: Root;
  try {
    root = Root.open(name);
  } catch (error) {
    const refusal = refusalOf(error, name);
    return { name, path: refusal, written: refusal, space: null, leftovers: refusal };
  }
  const { path } = root;
  let leftovers: FolderFacts["leftovers"];
  try {
    leftovers = findLeftovers(path, Date.now());
  } catch (error) {
    leftovers = refusalOf(error, name);
  }
  const written = await tryToWrite(path).catch((error) => refusalOf(error, name));
  return { name, path, written, space: spaceOf(path), leftovers };
}

function refusalOf(error: unknown, name: string): Refusal {
  const { code, message }: ParasyncError = asFileError(error, "use", name);
  return { code, reason: reasonIn(message) };
}

/** A temporary, synced and renamed over another file, as a result is over its target. */
async function tryToWrite(directory: string): Promise<Trial> {
  const key = newSessionKey();
  const [first, second] = [
    artefactPath(directory, key, "new"),
    artefactPath(directory, key, "part"),
  ];
  const begin = performance.now();
  try {
    fs.closeSync(fs.openSync(second, "wx", 0o600));
    const fd = fs.openSync(first, "wx", 0o600);
    try {
      fs.writeSync(fd, new Uint8Array(TRIAL_BYTES), 0, TRIAL_BYTES, 0);
      await syncFile(fd);
    } finally {
      fs.closeSync(fd);
    }
    fs.renameSync(first, second);
    const durable = await syncFolder(directory);
    return { elapsedMs: performance.now() - begin, durable };
  } finally {
    for (const path of [first, second]) fs.rmSync(path, { force: true });
  }
}

function spaceOf(directory: string): Space | null {
  try {
    const { type, bsize, blocks, bavail, files, ffree } = fs.statfsSync(directory);
    if (blocks <= 0) return null;
    return {
      kind: Deno.build.os === "linux" ? KINDS[type] ?? "" : "",
      totalBytes: blocks * bsize,
      freeBytes: bavail * bsize,
      freeFiles: files > 0 ? ffree : null,
    };
  } catch {
    // Not permitted, or not known to the file system.
    return null;
  }
}

/**
 * What the facts mean.
 *
 * @param facts What {@linkcode examineFolder} found.
 */
export function checkFolder(facts: FolderFacts): Check[] {
  const { name, path, written, space, leftovers } = facts;
  const folder = ["root", "folder"] as const;
  if (typeof path !== "string") {
    const advice = path.code === "not_found"
      ? `Make it (mkdir -p ${name}), or name another by --root`
      : "Name a folder by --root";
    return [problem(folder, path.code, path.reason, advice, { path: null })];
  }
  return [
    ok(folder, path, { path }),
    checkWriting(written, path),
    ...space === null ? [] : [checkSpace(space)],
    checkLeftovers(leftovers, path),
  ];
}

function checkWriting(written: Trial | Refusal, path: string): Check {
  const subject = ["root_writable", "writable"] as const;
  if ("reason" in written) {
    const { code, reason } = written;
    return problem(subject, code, `no: ${reason}`, writingAdvice(reason, path), {
      writable: false,
      reason,
    });
  }
  const { elapsedMs, durable } = written;
  const figures = { writable: true, durable, elapsedMs: Math.round(elapsedMs * 1000) / 1000 };
  const text = `a file was written, synced and renamed over another in ${formatMillis(elapsedMs)}`;
  return durable ? ok(subject, text, figures) : note(
    subject,
    `${text}, but the folder itself cannot be synced`,
    "A new name may not outlast a power failure here",
    figures,
  );
}

function writingAdvice(reason: string, path: string): string {
  if (/permission denied/.test(reason)) {
    const user = Deno.build.os === "windows" ? "" : ` (this one's user is ${userId()})`;
    return `Serve it as its owner, or give it to the server's user${user}: chown USER ${path}`;
  }
  if (/without the permission/.test(reason)) return `Run it with --allow-write=${path}`;
  if (/read-only/.test(reason)) return "Mount it writable, or let the service write there";
  if (/no space|quota/.test(reason)) return "Make room there, or serve a folder elsewhere";
  return "";
}

function userId(): string {
  try {
    return `number ${Deno.uid()}`;
  } catch {
    return "not known";
  }
}

function checkSpace({ kind, totalBytes, freeBytes, freeFiles }: Space): Check {
  const subject = ["root_space", "space"] as const;
  const figures = { fileSystem: kind, totalBytes, freeBytes, freeFiles };
  const on = kind === "" ? "" : ` (${kind})`;
  const text = `${formatBytes(freeBytes)} free of ${formatBytes(totalBytes)}${on}`;
  if (freeBytes === 0 || freeFiles === 0) {
    return problem(
      subject,
      "no_space",
      freeBytes === 0 ? text : `${text}, but no more files can be made`,
      "Make room: a new file is built beside the old one",
      figures,
    );
  }
  if (freeBytes >= LITTLE_BYTES) return ok(subject, text, figures);
  return note(
    subject,
    text,
    "A new file is built beside the old one: none that is larger than this can come in",
    figures,
  );
}

function checkLeftovers(leftovers: Leftovers | Refusal, path: string): Check {
  const subject = ["root_leftovers", "leftovers"] as const;
  if ("reason" in leftovers) {
    const { code, reason } = leftovers;
    return problem(
      subject,
      code,
      `the folder cannot be read: ${reason}`,
      "Give the server's user the right to read it",
    );
  }
  const { held, recent, stale, staleBytes, oldestMs } = leftovers;
  const figures = { held, recent, stale, staleBytes, oldestMs: Math.round(oldestMs) };
  const work = [
    ...held > 0 ? [`${held} ${held === 1 ? "sync" : "syncs"} at work`] : [],
    ...recent > 0 ? [`${filesText(recent)} of syncs of the last half hour`] : [],
  ].join(", ");
  if (stale === 0) return ok(subject, work === "" ? "none of broken syncs" : work, figures);
  const left = `${filesText(stale)} of broken syncs, ${formatBytes(staleBytes)}, ` +
    `the oldest ${ageText(oldestMs)} old`;
  return note(
    subject,
    work === "" ? left : `${left}; ${work}`,
    `A server removes them when it starts: parasync serve --root ${path}`,
    figures,
  );
}

function filesText(count: number): string {
  return count === 1 ? "1 file" : `${count} files`;
}

/** In the largest unit that is full. */
function ageText(ms: number): string {
  const units = [["day", 86_400_000], ["hour", 3_600_000], ["minute", 60_000]] as const;
  for (const [unit, length] of units) {
    const count = Math.floor(ms / length);
    if (count > 0) return `${count} ${unit}${count === 1 ? "" : "s"}`;
  }
  return "less than a minute";
}
