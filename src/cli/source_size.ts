/**
 * The size of the new file before it is opened, which chunk sizes are chosen by.
 *
 * Asked in a way that loads nothing: the request should leave before the rest of the program is there.
 *
 * @param newFile Its path; a link is followed.
 * @returns Its size in bytes; 0 for what is no regular file, which is told when it is opened.
 * @throws {ParasyncError} `not_found`, or what else keeps the file from being looked at.
 */
export async function sourceSize(newFile: string): Promise<number> {
  try {
    const { isFile, size } = Deno.statSync(newFile);
    return isFile ? size : 0;
  } catch (error) {
    const { asFileError } = await import("../files/file_error.ts");
    throw asFileError(error, "open", newFile);
  }
}
