import {
  type ChunkParameters,
  chunkParametersFor,
  formatChunkParameters,
  parseChunkParameters,
} from "../chunking/parameters.ts";
import { ParasyncError } from "../errors.ts";

/**
 * The sizes that a choice of chunk sizes stands for.
 *
 * @param choice What was chosen.
 * @param size The new file's size in bytes, which `auto` goes by.
 * @throws {ParasyncError} `usage` for sizes that no session takes.
 */
export function chosenParameters(choice: "auto" | ChunkParameters, size: number): ChunkParameters {
  if (choice === "auto") return chunkParametersFor(size);
  try {
    return parseChunkParameters(formatChunkParameters(choice));
  } catch (error) {
    throw new ParasyncError("usage", error instanceof Error ? error.message : String(error));
  }
}
