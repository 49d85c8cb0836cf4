import { resolve, sep } from "node:path";
import { ParasyncError } from "../errors.ts";
import { fs } from "../node.ts";
import { asFileError, displayName } from "./file_error.ts";

/**
 * Looks at the folder that temporaries are to be in.
 *
 * @param path As it was asked for; empty: each temporary lies beside its target.
 * @param root The root's real path.
 * @returns The folder's real path, or undefined where there is none.
 * @throws {ParasyncError} `usage` where it is not a folder in the root, or what keeps it from being looked at.
 */
export function partialFolder(path: string, root: string): string | undefined {
  if (path === "") return undefined;
  let directory: string;
  try {
    directory = fs.realpathSync(resolve(root, path));
  } catch (error) {
    throw asFileError(error, "use", path);
  }
  const inside = directory === root || directory.startsWith(root.endsWith(sep) ? root : root + sep);
  if (inside && fs.statSync(directory).isDirectory()) return directory;
  throw new ParasyncError(
    "usage",
    `Cannot use --partial-dir=${displayName(path)}: it must be a folder in the root`,
  );
}
