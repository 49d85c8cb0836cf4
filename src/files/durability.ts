import { fs } from "../node.ts";

/**
 * Has a file's content and attributes brought to the device, without blocking the event loop: on a slow
 * disk this takes seconds.
 *
 * @param fd The file, with nothing else under way on it.
 * @throws The system's error; the content cannot be relied on then.
 */
export function syncFile(fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.fsync(fd, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

/**
 * Has a folder's entries brought to the device, so that a rename in it outlasts a power failure.
 *
 * @param directory The folder.
 * @returns Whether that is certain. Some file systems refuse it, and a folder that one may write but not
 * read cannot be opened for it. Windows has no such call and journals renames by itself.
 */
export async function syncFolder(directory: string): Promise<boolean> {
  if (Deno.build.os === "windows") return true;
  let fd = -1;
  try {
    fd = fs.openSync(directory, "r");
    await syncFile(fd);
    return true;
  } catch {
    return false;
  } finally {
    if (fd !== -1) fs.closeSync(fd);
  }
}
