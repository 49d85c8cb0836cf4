import type { OpenFile } from "../files/open_file.ts";
import { readFully } from "../files/positional.ts";

const WINDOW_BYTES = 1 << 20;

/**
 * The BLAKE3 of a whole file, as b3sum prints it. It takes a pass of its own, in one thread: the session's
 * digest proves as much and costs nothing beside the sync.
 *
 * @param file The file.
 * @returns 64 hexadecimal digits.
 */
export async function blake3OfFile({ fd, size, name }: OpenFile): Promise<string> {
  const { createBLAKE3 } = await import("hash-wasm");
  const hasher = await createBLAKE3();
  const window = new Uint8Array(WINDOW_BYTES);
  for (let at = 0; at < size; at += WINDOW_BYTES) {
    const length = Math.min(WINDOW_BYTES, size - at);
    readFully(fd, window, 0, length, at, name);
    hasher.update(window.subarray(0, length));
  }
  return hasher.digest("hex");
}
