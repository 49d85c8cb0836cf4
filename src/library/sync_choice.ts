import {
  blockParameters,
  type ChunkParameters,
  chunkParametersFor,
} from "../chunking/parameters.ts";
import { ParasyncError } from "../errors.ts";
import type { ModeName } from "../matching/mode_name.ts";
import { type SchemeName, SCHEMES } from "../schemes/scheme_name.ts";
import type { CompressChoice, Confirmation, RefineChoice } from "../schemes/scheme.ts";
import { chosenParameters } from "./chunk_size.ts";
import { readCompressChoice } from "./compress_choice.ts";

/** What a scheme is chosen and tuned by; some programs have a part of it only. */
export interface SchemeFlags {
  readonly scheme?: SchemeName;
  readonly mode?: ModeName;
  readonly confirm?: Confirmation;
  readonly refine?: RefineChoice;
  /** As {@linkcode readCompressChoice} reads it. */
  readonly compress?: string;
  readonly threads: number;
  readonly chunkSize: "auto" | ChunkParameters;
}

/** How a sync is to be done. */
export interface SyncChoice {
  readonly scheme: SchemeName;
  readonly mode: ModeName;
  readonly confirm: Confirmation;
  /** Whether what the chunks have left is looked for in smaller blocks. */
  readonly refine: RefineChoice;
  /** How literals are compressed. */
  readonly compress: CompressChoice;
  /** Threads of each end. */
  readonly threads: number;
  /** The sizes to cut by; three times the same for blocks of one size. */
  readonly parameters: ChunkParameters;
}

/** Flags that no scheme without modes takes, and why. */
const PARASYNC_ONLY = [
  ["mode", "it is for parasync"],
  ["confirm", "only parasync has the choice; the other schemes always compare and repair"],
  ["refine", "only parasync has finer rounds; the other schemes are as their papers have them"],
  ["compress", "only parasync compresses; the other schemes are as their papers have them"],
] as const;

/**
 * What flags, or a program's options of the same names, mean together.
 *
 * @param flags The flags.
 * @param scheme The scheme of a program that has only one.
 * @param given The names of those that were given, and are not defaults.
 * @param size The new file's size in bytes, which sizes of chunks go by.
 * @throws {ParasyncError} `usage` for flags that do not go together.
 */
export function chooseSync(
  flags: SchemeFlags,
  scheme: SchemeName | undefined,
  given: ReadonlySet<string>,
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
    refine: modes ? flags.refine ?? "auto" : "off",
    compress: readCompressChoice(modes ? flags.compress ?? "auto" : "off"),
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

function chosenBlock(choice: "auto" | ChunkParameters, size: number): ChunkParameters {
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
