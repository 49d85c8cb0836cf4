import { fs } from "../node.ts";
import { asFileError } from "./file_error.ts";
import { requireRegular } from "./file_kind.ts";
import { type FileIdentity, identityOf } from "./identity.ts";
import type { Location } from "./location.ts";

/**
 * What is at a location now, for a commit to compare with.
 *
 * @param location A checked name.
 * @returns The file's identity, or "absent".
 * @throws {ParasyncError} "file_selection" for anything but a regular file.
 */
export function currentIdentity({ path, name }: Location): FileIdentity | "absent" {
  try {
    const stat = fs.lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (stat === undefined) return "absent";
    requireRegular(stat, "replace", name);
    return identityOf(stat);
  } catch (error) {
    throw asFileError(error, "use", name);
  }
}
