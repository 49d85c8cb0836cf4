import {
  blockParameters,
  type ChunkParameters,
  chunkParametersFor,
} from "../chunking/parameters.ts";
import { ParasyncError } from "../errors.ts";
import type { ModeName } from "../matching/mode_name.ts";
import { type SchemeName, SCHEMES } from "../schemes/scheme_name.ts";
import type { Confirmation } from "../schemes/scheme.ts";
import { chosenParameters } from "./chunk_size.ts";
import type { ChunkSizes } from "./flag_spec.ts";
import type { FlagName } from "./flags.ts";

/** The flags that a scheme is chosen and tuned by; some programs have a part of them only. */
export interface SchemeFlags {
  readonly scheme?: SchemeName;
  readonly mode?: ModeName;
  readonly confirm?: Confirmation;
  readonly threads: number;
  readonly chunkSize: "auto" | ChunkSizes;
}

/** How a sync is to be done. */
export interface SyncChoice {
  readonly scheme: SchemeName;
  readonly mode: ModeName;
  readonly confirm: Confirmation;
  /** Threads of each end. */
  readonly threads: number;
  /** The sizes to cut by; three times the same for blocks of one size. */
  readonly parameters: ChunkParameters;
}

/** Flags that no scheme without modes takes, and why. */
const PARASYNC_ONLY = [
  ["mode", "it is for parasync"],
  ["confirm", "only parasync has the choice; the other schemes always compare and repair"],
] as const;

/**
 * What a command's flags mean together.
 *
 * @param flags The flags.
 * @param scheme The scheme of a program that has only one.
 * @param given The flags that stood on the command line.
 * @param size The new file's size in bytes, which sizes of chunks go by.
 * @throws {ParasyncError} `usage` for flags that do not go together.
 */
export function chooseSync(
  flags: SchemeFlags,
  scheme: SchemeName | undefined,
  given: ReadonlySet<FlagName>,
  size: number,
): SyncChoice {
  const chosen = scheme ?? flags.scheme ?? "parasync";
  const { modes, serial, opens } = SCHEMES[chosen];
  const mode = modes ? flags.mode ?? "streaming" : "streaming";
  if (!modes) {
    for (const [flag, reason] of PARASYNC_ONLY) {
      if (given.has(flag)) throw refused(flag, `--scheme=${chosen}`, reason);
    }
  }
  if (modes && mode !== "streaming" && given.has("confirm") && flags.confirm === "target") {
    throw refused("confirm=target", `--mode=${mode}`, "that mode compares chunk by chunk");
  }
  return {
    scheme: chosen,
    mode,
    confirm: confirmationOf(modes, mode, flags.confirm),
    threads: serial ? 1 : flags.threads,
    parameters: opens === "signature"
      ? chosenBlock(flags.chunkSize, size)
      : chosenParameters(flags.chunkSize, size),
  };
}

/** Under `target` the whole alone decides; schemes that compare all the same may then be repaired. */
function confirmationOf(
  modes: boolean,
  mode: ModeName,
  asked: Confirmation = "target",
): Confirmation {
  if (!modes) return "target";
  return mode === "streaming" ? asked : "chunk";
}

function chosenBlock(choice: "auto" | ChunkSizes, size: number): ChunkParameters {
  if (choice === "auto") return blockParameters(chunkParametersFor(size).avg);
  try {
    return blockParameters(choice.avg);
  } catch (error) {
    throw new ParasyncError("usage", error instanceof Error ? error.message : String(error));
  }
}

function refused(flag: string, other: string, reason: string): ParasyncError {
  return new ParasyncError("usage", `Cannot use --${flag} with ${other}: ${reason}`);
}
