import { basename, dirname, resolve } from "node:path";
import { ParasyncError } from "../errors.ts";
import { currentIdentity } from "../files/current_identity.ts";
import { displayName } from "../files/file_error.ts";
import { type FileIdentity, sameFile } from "../files/identity.ts";
import type { Location } from "../files/location.ts";
import type { PinnedFile } from "../files/pinned_file.ts";
import { Root } from "../files/root.ts";
import type { CommitResult } from "../files/target_commit.ts";

/** Where a result is written. */
export interface OutputPlace {
  /** Where it is, under the name that it was asked for by. */
  readonly location: Location;
  /** What is there now, and must be until the result takes its place. */
  readonly expectTarget: FileIdentity | "absent";
}

/**
 * Finds the place of a result.
 *
 * @param path The path as it was given.
 * @param inputs Files that it must not replace, since that can only be a mistake.
 * @returns The place; its folder exists.
 * @throws {ParasyncError} `usage` where it is one of the inputs, `not_found` without its folder, `file_selection` for
 * a folder or anything else that is no regular file.
 */
export function outputPlace(path: string, inputs: readonly PinnedFile[]): OutputPlace {
  const absolute = resolve(path);
  const found = Root.open(dirname(absolute)).locate(basename(absolute));
  const location = { ...found, name: path };
  const expectTarget = currentIdentity(location);
  for (const { identity } of inputs) {
    if (expectTarget === "absent" || !sameFile(identity, expectTarget)) continue;
    const reason = "it is one of the files to read";
    throw new ParasyncError("usage", `Cannot write ${displayName(path)}: ${reason}`);
  }
  return { location, expectTarget };
}

/**
 * Says where a result is in place of which it is not known that it outlasts a power failure.
 *
 * @param committed What the commit left.
 * @param fsync Whether it was asked for.
 * @param path The result.
 * @param warn Who is told.
 */
export function warnUnlessDurable(
  { durable }: CommitResult,
  fsync: boolean,
  path: string,
  warn: (problem: string) => void,
): void {
  if (durable || !fsync) return;
  warn(`${displayName(path)} is written, but its folder could not be synced to the disk`);
}
