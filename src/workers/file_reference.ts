import type { PinnedFile } from "../files/pinned_file.ts";
import type { FileReference } from "./jobs.ts";

/**
 * An open file as lanes open it, to read.
 *
 * @param file The file.
 * @param name What messages call it.
 */
export function readReference(
  { path, identity, size, name: own }: PinnedFile,
  name: string = own,
): FileReference {
  return { path, name, identity, size, turn: null };
}
