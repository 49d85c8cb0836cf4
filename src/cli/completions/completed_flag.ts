import { type FlagSpec, mayStandAlone } from "../flag_spec.ts";
import { flagsOf } from "../options.ts";
import { type CommandName, COMMANDS } from "../program.ts";

/** A flag of a command as completions offer it. */
export interface CompletedFlag {
  /** The canonical name, the only one that is offered. */
  readonly name: string;
  /** All names, of which any may be what stands on the line already. */
  readonly names: readonly string[];
  /** A name of one letter, or "". */
  readonly short: string;
  /** What it does, in few words. */
  readonly description: string;
  /** What stands for its value in help. */
  readonly placeholder: string;
  /**
   * How it takes its value: `none`, on or off by itself; `joined`, only behind `=`, since it may also stand alone;
   * `either`, behind `=` or as the next argument.
   */
  readonly value: "none" | "joined" | "either";
  /** Words that the value may be. */
  readonly words: readonly string[];
  /** Whether it may be the name of a file or a folder as well. */
  readonly paths: "files" | "folders" | "none";
  /** Whether it may be given several times. */
  readonly repeatable: boolean;
}

/** Commands that take the same flags and arguments, as the original's programs of a kind do. */
export interface CompletedCommands {
  readonly names: readonly CommandName[];
  /** Their positional arguments, named as in help. */
  readonly positionals: readonly string[];
  readonly flags: readonly CompletedFlag[];
}

/**
 * The flags of a command.
 *
 * @param command The command.
 */
export function completedFlags(command: CommandName): CompletedFlag[] {
  return flagsOf(command).map(([name, spec]) => ({
    name,
    names: [name, ...spec.aliases ?? [], ...spec.short === undefined ? [] : [spec.short]],
    short: spec.short ?? "",
    description: shortened(spec.help),
    placeholder: spec.placeholder ?? "value",
    value: valueForm(spec, command),
    words: wordsFor(spec),
    paths: spec.kind === "string" ? spec.completes?.paths ?? "none" : "none",
    repeatable: spec.repeatable === true,
  }));
}

/** All commands, those that complete alike together. */
export function completedCommands(): CompletedCommands[] {
  const alike = new Map<string, { names: CommandName[] } & CompletedCommands>();
  for (const name of Object.keys(COMMANDS) as CommandName[]) {
    const group = {
      names: [name],
      positionals: COMMANDS[name].positionals,
      flags: completedFlags(name),
    };
    const key = JSON.stringify([group.positionals, group.flags]);
    const known = alike.get(key);
    if (known === undefined) alike.set(key, group);
    else known.names.push(name);
  }
  return [...alike.values()];
}

/** The first of what a help line says: a list of choices has little room for more. */
function shortened(help: string): string {
  return help.split(/[;:]/, 1)[0]!;
}

function valueForm(spec: FlagSpec, command: CommandName): CompletedFlag["value"] {
  if (spec.kind === "boolean") return spec.placeholder === undefined ? "none" : "joined";
  if (spec.kind === "choice" && spec.bare !== undefined) return "joined";
  return mayStandAlone(spec, command) ? "joined" : "either";
}

function wordsFor(spec: FlagSpec): readonly string[] {
  switch (spec.kind) {
    case "choice":
      return spec.choices;
    case "boolean":
      return spec.placeholder === undefined ? [] : ["on", "off"];
    case "int":
      return Object.keys(spec.words ?? {});
    case "chunk_sizes":
      return ["auto"];
    case "string":
      return spec.completes?.words ?? [];
    default:
      return [];
  }
}
