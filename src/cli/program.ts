import { SCHEME_NAMES } from "../schemes/scheme_name.ts";
import { ORIGINAL_ENDINGS, type OriginalEnding, type OriginalProgram } from "./original.ts";

/** What a command is, for the parser, for help and for completions. */
export interface CommandSpec {
  /** What it does, in a line without a full stop. */
  readonly summary: string;
  /** Its positional arguments in order; those in brackets may be left out. */
  readonly positionals: readonly string[];
  /** Whether it is one of the original's programs, which help lists apart. */
  readonly original?: true;
}

/** The commands of our own. To add one: a row here, its flags in flags.ts, its module in loaders.ts. */
const OWN_COMMANDS = {
  serve: {
    summary: "Serve a folder: hold the old files and take in the new ones",
    positionals: [],
  },
  push: {
    summary: "Bring the file at a URL up to date with NEW, sending only what changed",
    positionals: ["NEW", "URL"],
  },
  local: {
    summary: "Sync NEW over OLD on this machine, to try and to measure",
    positionals: ["OLD", "NEW"],
  },
  signature: {
    summary: "Write the checksums of OLD's blocks, as rdiff does or for later syncs",
    positionals: ["OLD", "[SIG]"],
  },
  delta: {
    summary: "Write what turns the file that was signed into NEW, as rdiff does",
    positionals: ["SIG", "NEW", "DELTA"],
  },
  patch: {
    summary: "Build OUT, or OLD anew, from OLD and rdiff's delta, which verifies nothing",
    positionals: ["OLD", "DELTA", "OUT"],
  },
  compare: {
    summary: "Run every scheme and mode on OLD and NEW, and show them beside each other",
    positionals: ["OLD", "NEW"],
  },
  doctor: {
    summary: "Examine this machine, and a folder and a server if named, and say what to mend",
    positionals: ["[URL]"],
  },
  completions: {
    summary: "Print a script that completes commands and flags in a shell",
    positionals: ["SHELL"],
  },
  man: {
    summary: "Print the manual page",
    positionals: [],
  },
  version: {
    summary: "Print the version of the program and of its runtime",
    positionals: [],
  },
  help: {
    summary: "Explain a command and its flags",
    positionals: ["[COMMAND]"],
  },
} as const satisfies Record<string, CommandSpec>;

/** The name of a command. */
export type CommandName = keyof typeof OWN_COMMANDS | OriginalProgram;

/** A kind of the original's programs, of which each scheme has one. */
export interface OriginalKind {
  /** What its programs do, in a line without a full stop; `scheme` is one's name or stands for it. */
  readonly summary: (scheme: string) => string;
  /** As those of its commands. */
  readonly positionals: readonly string[];
}

/** The kinds, by what follows the scheme in a program's name. */
export const ORIGINAL_KINDS: Readonly<Record<OriginalEnding, OriginalKind>> = {
  "_http_server": {
    summary: (scheme) => `Serve a folder to clients of ${scheme} alone`,
    positionals: [],
  },
  "_http_client": {
    summary: (scheme) => `Push a new file by ${scheme}: writes <basis>.new beside the basis`,
    positionals: [],
  },
  "_test": {
    summary: (scheme) => `Both ends of ${scheme} in one process: writes OLD.patch and prints times`,
    positionals: ["OLD", "NEW", "[HW]"],
  },
};

function originalCommands(ending: OriginalEnding): [OriginalProgram, CommandSpec][] {
  const { summary, positionals } = ORIGINAL_KINDS[ending];
  return SCHEME_NAMES.map((scheme) => [
    `${scheme}${ending}`,
    { summary: summary(scheme), positionals, original: true },
  ]);
}

/** Every command. */
export const COMMANDS: Readonly<Record<CommandName, CommandSpec>> = {
  ...OWN_COMMANDS,
  ...Object.fromEntries(
    ORIGINAL_ENDINGS.flatMap(originalCommands),
  ) as Record<OriginalProgram, CommandSpec>,
};

/** Whether `name` is a command. */
export function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}

/**
 * Commands for people: our own by name, the original's programs, of which there are many, by what they are.
 *
 * @param commands The commands.
 * @returns For example "serve, the original's servers".
 */
export function commandsText(commands: readonly CommandName[]): string {
  const kinds = ORIGINAL_ENDINGS.filter((ending) =>
    SCHEME_NAMES.every((scheme) => commands.includes(`${scheme}${ending}`))
  );
  const named = commands.filter((name) => !kinds.some((ending) => name.endsWith(ending)));
  const many = kinds.map((ending) => `the original's ${/[a-z]+$/.exec(ending)![0]}s`);
  return [...named, ...many].join(", ");
}

/** The shells that completions can be printed for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/**
 * The words that a positional argument can be, for completions; none where it can be anything but a file.
 *
 * @param positional Its name, with or without brackets.
 * @returns The words, or undefined where it is a file.
 */
export function wordsOf(positional: string): readonly string[] | undefined {
  switch (positional.replace(/^\[|\]$/g, "")) {
    case "URL":
      return [];
    case "SHELL":
      return SHELLS;
    case "HW":
      return ["0", "1"];
    case "COMMAND":
      return Object.keys(COMMANDS);
    default:
      return undefined;
  }
}

/** Names under which the program is one command, beside the names of the original's programs. */
export const CALLED_AS: ReadonlyMap<string, CommandName> = new Map([
  ["parasync-server", "serve"],
  ["parasync-client", "push"],
]);

/** Every name that the program may be called by and have a role from. */
export const PROGRAMS: readonly string[] = [
  "parasync",
  ...CALLED_AS.keys(),
  ...Object.keys(COMMANDS).filter((name) => COMMANDS[name as CommandName].original),
];

/** By what name the program was called, and the command that name stands for. */
export interface Program {
  /** The name without folder and extension. */
  readonly name: string;
  /** The command; `undefined` where the first argument names it. */
  readonly command: CommandName | undefined;
}

/**
 * The program that a name stands for: `parasync-server` serves, `parasync-client` pushes, the original's
 * names are themselves, and any other name takes its command from the first argument.
 *
 * @param argv0 The name or path the program was called by.
 * @returns The name, and its command where it has one.
 */
export function programFrom(argv0: string): Program {
  const last = argv0.slice(Math.max(argv0.lastIndexOf("/"), argv0.lastIndexOf("\\")) + 1);
  const name = last.replace(/\.(exe|ts|js)$/i, "");
  const own = CALLED_AS.get(name);
  if (own !== undefined) return { name, command: own };
  if (isCommandName(name) && COMMANDS[name].original) {
    return { name, command: name };
  }
  return { name: "parasync", command: undefined };
}

/**
 * How `command` is called from the program that runs, for usage lines and hints.
 *
 * @returns For example `parasync push`, or `parasync-client` in the program of that name.
 */
export function invocationOf(command: CommandName, program: Program): string {
  return program.command === command ? program.name : `parasync ${command}`;
}
