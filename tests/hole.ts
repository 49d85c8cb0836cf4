import fs from "node:fs";

/**
 * Whether there is something at a place of a file that was nothing but a hole.
 *
 * @param path The file.
 * @param end Where the place ends, which must not be zeros in the end.
 */
export function isWritten(path: string, end: number): boolean {
  const bytes = new Uint8Array(64);
  const fd = fs.openSync(path, "r");
  fs.readSync(fd, bytes, 0, bytes.length, end - bytes.length);
  fs.closeSync(fd);
  return bytes.some((byte) => byte !== 0);
}
