import type { OpenFile } from "../files/open_file.ts";
import { readFully } from "../files/positional.ts";
import { Blake3Kernel } from "./blake3_kernel.ts";

/**
 * The BLAKE3 of a whole file, as b3sum prints it. It takes a pass of its own, in one thread: the session's
 * digest proves as much and costs nothing beside the sync.
 *
 * @param file The file.
 * @returns The 32 bytes of the digest.
 */
export function blake3OfFile({ fd, size, name }: OpenFile): Uint8Array {
  // There is SIMD wherever a file could be synced: the scan kernel needs it too.
  return Blake3Kernel.open()!.hashPieces(
    size,
    (window, from) => readFully(fd, window, 0, window.length, from, name),
  );
}
