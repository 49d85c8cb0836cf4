import fs from "node:fs";
import { asFileError } from "../files/file_error.ts";

/**
 * The size of the new file before it is opened, which chunk sizes are chosen by.
 *
 * @param newFile Its path; a link is followed.
 * @returns Its size in bytes; 0 for what is no regular file, which is told when it is opened.
 * @throws {ParasyncError} What {@linkcode asFileError} gives.
 */
export function sourceSize(newFile: string): number {
  try {
    const stat = fs.statSync(newFile);
    return stat.isFile() ? stat.size : 0;
  } catch (error) {
    throw asFileError(error, "open", newFile);
  }
}
