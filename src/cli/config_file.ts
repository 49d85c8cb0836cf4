import { ParasyncError } from "../errors.ts";
import { asFileError, displayName } from "../files/file_error.ts";
import { printable } from "../telemetry/printable.ts";
import type { FlagSpec } from "./flag_spec.ts";
import { nearestName } from "./nearest.ts";
import { flagsOf } from "./options.ts";
import type { CommandName } from "./program.ts";

/** More than any settings have. */
const MOST_BYTES = 1 << 20;

/** Where the file itself is named: it cannot name another. */
const CONFIG = "config";

/** What a file says of one flag. */
export interface ConfiguredFlag {
  /** The value as a person would write it; of a flag that may be given several times, each. */
  readonly texts: readonly string[];
  /** Where it stands, for errors. */
  readonly source: string;
}

/**
 * Reads a file of settings: one JSON object whose keys are the names of a command's flags, and nothing else.
 *
 * @param file The file.
 * @param command The command.
 * @returns What it says, by the flags' names.
 * @throws {ParasyncError} `usage` for a key that is no flag's or a value of another type than the flag's, and what
 * keeps the file from being read.
 */
export function readConfigFile(
  file: string,
  command: CommandName,
): ReadonlyMap<string, ConfiguredFlag> {
  const specs = new Map<string, FlagSpec>(flagsOf(command).filter(([name]) => name !== CONFIG));
  const shown = displayName(file);
  const settings = new Map<string, ConfiguredFlag>();
  for (const [key, value] of Object.entries(readObject(file))) {
    const source = `${shown}: ${printable(key, 80)}`;
    const spec = specs.get(key);
    if (spec === undefined) {
      const near = nearestName(key, specs.keys());
      const hint = near === undefined ? "" : `; did you mean ${near}?`;
      throw new ParasyncError("usage", `Cannot use ${source}: ${command} has no such flag${hint}`);
    }
    const texts = textsOf(value, spec);
    if (texts === undefined) {
      throw new ParasyncError("usage", `Cannot use ${source}: it must be ${typeText(spec)}`);
    }
    settings.set(key, { texts, source });
  }
  return settings;
}

function readObject(file: string): Record<string, unknown> {
  let text: string;
  try {
    if (Deno.statSync(file).size > MOST_BYTES) throw refuse(file, "it is too large");
    text = Deno.readTextFileSync(file);
  } catch (error) {
    throw asFileError(error, "read settings", file);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw refuse(file, `it is not JSON: ${printable(reason, 200)}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refuse(file, "it must be one JSON object");
  }
  return { ...value };
}

function refuse(file: string, reason: string): ParasyncError {
  return new ParasyncError("usage", `Cannot use settings ${displayName(file)}: ${reason}`);
}

/** The value as texts; undefined where it is of another type. */
function textsOf(value: unknown, spec: FlagSpec): readonly string[] | undefined {
  if (spec.repeatable) {
    const texts = Array.isArray(value) ? value : undefined;
    return texts?.every((text) => typeof text === "string") ? texts : undefined;
  }
  return typesOf(spec.kind).includes(typeof value) ? [String(value)] : undefined;
}

/** What a flag of a kind may be in JSON; whether it makes sense is seen as if it were written as a flag. */
function typesOf(kind: FlagSpec["kind"]): readonly string[] {
  switch (kind) {
    case "boolean":
      return ["boolean"];
    case "int":
    case "bytes":
    case "duration":
      return ["number", "string"];
    default:
      return ["string"];
  }
}

function typeText(spec: FlagSpec): string {
  if (spec.repeatable) return "a list of texts";
  switch (spec.kind) {
    case "boolean":
      return "true or false";
    case "int":
      return "a number";
    case "bytes":
      return 'a number of bytes, or a text such as "64MiB"';
    case "duration":
      return 'a number of seconds, or a text such as "15m"';
    default:
      return "a text";
  }
}
