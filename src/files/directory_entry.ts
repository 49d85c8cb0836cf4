import { fs } from "../node.ts";
import { errnoOf } from "./file_error.ts";

/** File systems without hard links answer one of these. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EINVAL"]);

/**
 * Gives a file a second name, if nothing has that name: the one call that never overwrites and shows a
 * file all at once.
 *
 * @param path The file.
 * @param name Its second name, in the same file system.
 * @returns "unsupported" where the file system has no hard links.
 * @throws The system's error, for every other failure.
 */
export function linkExclusive(path: string, name: string): "linked" | "taken" | "unsupported" {
  try {
    fs.linkSync(path, name);
    return "linked";
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "EEXIST") return "taken";
    if (NO_LINKS.has(errno)) return "unsupported";
    throw error;
  }
}

/** Removes a file of ours as well as it goes; a sweep removes what cannot be removed now. */
export function unlinkQuietly(path: string): void {
  try {
    fs.unlinkSync(path);
  } catch {
    // It is gone already, or the folder is, or may not be written any more.
  }
}
