import {
  type ChunkParameters,
  chunkParametersFor,
  formatChunkParameters,
  parseChunkParameters,
} from "../chunking/parameters.ts";
import { ParasyncError } from "../errors.ts";
import type { ChunkSizes } from "./flag_spec.ts";

/**
 * The sizes that `--chunk-size` stands for.
 *
 * @param choice The flag's value.
 * @param size The new file's size in bytes, which `auto` goes by.
 * @throws {ParasyncError} `usage` for sizes that no session takes.
 */
export function chosenParameters(choice: "auto" | ChunkSizes, size: number): ChunkParameters {
  if (choice === "auto") return chunkParametersFor(size);
  try {
    return parseChunkParameters(formatChunkParameters(choice));
  } catch (error) {
    throw new ParasyncError("usage", error instanceof Error ? error.message : String(error));
  }
}
