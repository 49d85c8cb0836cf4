import type { BigIntStats } from "node:fs";
import { ParasyncError } from "../errors.ts";
import { displayName } from "./file_error.ts";

/**
 * Refuses everything but a regular file, before it is opened: opening a named pipe blocks, opening a
 * device may do anything, and a symbolic link leads elsewhere.
 *
 * @param stat What `lstat` said, so that a link is seen as a link.
 * @param verb What is attempted, for the message.
 * @param name The file's name for the message.
 * @throws {ParasyncError} "file_selection", naming what it is.
 */
export function requireRegular(stat: BigIntStats, verb: string, name: string): void {
  if (stat.isFile()) return;
  throw new ParasyncError(
    "file_selection",
    `Cannot ${verb} ${displayName(name)}: it is ${kindOf(stat)}, not a regular file`,
  );
}

/** Kinds by the type bits of a mode, inode(7): Deno 2.4 does not tell pipes, sockets and devices apart. */
const KINDS: Readonly<Record<number, string>> = {
  0o010000: "a named pipe",
  0o020000: "a device",
  0o060000: "a device",
  0o140000: "a socket",
};

function kindOf(stat: BigIntStats): string {
  if (stat.isDirectory()) return "a folder";
  if (stat.isSymbolicLink()) return "a symbolic link";
  return KINDS[Number(stat.mode) & 0o170000] ?? "of an unknown kind";
}
