import { ParasyncError } from "../errors.ts";
import { fs } from "../node.ts";
import { asFileError, displayName } from "./file_error.ts";

/** Where a file is, or is to be: a name that was checked and its folder, free of links. */
export interface Location {
  /** The name as it was asked for; the only one that messages show. */
  readonly name: string;
  /** The real, absolute path; its last component has not been looked at. */
  readonly path: string;
  /** The real, absolute path of the folder. */
  readonly directory: string;
  /** The last component. */
  readonly base: string;
  /** The folder's device and inode when the name was resolved. */
  readonly directoryKey: string;
}

/**
 * Makes sure that the folder is still the one that was checked: called after a file in it was opened
 * or made, and again before a rename in it.
 *
 * A folder that is swapped for a link and back between two looks goes unseen; closing that gap takes
 * `openat` and `renameat`, which the runtime does not offer. It takes somebody with write access under
 * the root, and a rename is safe even so, because its source is looked up in the same folder.
 *
 * @param location What {@linkcode Root.locate} gave.
 * @throws {ParasyncError} "changed" when the folder was replaced.
 */
export function verifyLocation(location: Location): void {
  let same: boolean;
  try {
    same = fs.realpathSync(location.directory) === location.directory &&
      directoryKey(location.directory) === location.directoryKey;
  } catch (error) {
    throw asFileError(error, "use", location.name);
  }
  if (same) return;
  const file = displayName(location.name);
  throw new ParasyncError("changed", `Cannot use ${file}: its folder was replaced meanwhile`);
}

/**
 * @param directory A real path.
 * @returns Its device and inode as one text, "" when it is not a folder.
 */
export function directoryKey(directory: string): string {
  const stat = fs.lstatSync(directory, { bigint: true });
  return stat.isDirectory() ? `${stat.dev}:${stat.ino}` : "";
}
