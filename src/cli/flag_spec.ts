import type { CommandName } from "./program.ts";

interface FlagBase {
  /** The commands that take it. */
  readonly commands: readonly CommandName[];
  /** What it does, in a line without a full stop. */
  readonly help: string;
  /** The value unless given, as a person would write it. */
  readonly default?: string;
  /** Other defaults of single commands. */
  readonly defaults?: Readonly<Partial<Record<CommandName, string>>>;
  /** Other names; `-` and `_` are the same in all names. */
  readonly aliases?: readonly string[];
  /** A name of one letter. */
  readonly short?: string;
  /** What stands for the value in help. */
  readonly placeholder?: string;
  /** May be given several times; the value is the list of all. In the environment: by commas. */
  readonly repeatable?: true;
  /** Must be given. */
  readonly required?: true;
}

/** Any text. */
interface StringFlag extends FlagBase {
  readonly kind: "string";
  /** What completions offer for the value: files or folders, and these words. */
  readonly completes?: {
    readonly paths?: "files" | "folders";
    readonly words?: readonly string[];
  };
  /** The commands in which `--x` alone counts as given, and stands for the value that it has unless given. */
  readonly bare?: readonly CommandName[];
}

/** Yes or no: `--x`, `--nox`, `--no-x`, `--x=on|off|true|false|yes|no|1|0`. */
interface BooleanFlag extends FlagBase {
  readonly kind: "boolean";
}

/** A whole number from `min` to `max`, or a word that stands for one. */
interface IntFlag extends FlagBase {
  readonly kind: "int";
  readonly min: number;
  readonly max: number;
  readonly words?: Readonly<Record<string, () => number>>;
}

/** One of a few words. */
interface ChoiceFlag extends FlagBase {
  readonly kind: "choice";
  readonly choices: readonly string[];
  /** Other spellings of the choices. */
  readonly synonyms?: Readonly<Record<string, string>>;
  /** What `--x` alone means; without it a value is required. */
  readonly bare?: string;
  /** What `--nox` means; without it there is no such form. */
  readonly negated?: string;
}

/** A number of bytes, such as `65536`, `64KiB` or `1.5GB`. */
interface BytesFlag extends FlagBase {
  readonly kind: "bytes";
}

/** A span of time, such as `500ms`, `10s`, `15m`, `2h`; a bare number is seconds. In milliseconds. */
interface DurationFlag extends FlagBase {
  readonly kind: "duration";
}

/** `auto`, or `min:avg:max` in bytes. */
interface ChunkSizesFlag extends FlagBase {
  readonly kind: "chunk_sizes";
}

/** A row of the table of flags. */
export type FlagSpec =
  | StringFlag
  | BooleanFlag
  | IntFlag
  | ChoiceFlag
  | BytesFlag
  | DurationFlag
  | ChunkSizesFlag;

/** Sizes of chunks in bytes: none shorter than `min`, one cut in `avg` positions, none longer than `max`. */
export interface ChunkSizes {
  readonly min: number;
  readonly avg: number;
  readonly max: number;
}

type OneValue<S> = S extends { kind: "choice"; choices: readonly (infer Choice)[] } ? Choice
  : S extends { kind: "boolean" } ? boolean
  : S extends { kind: "int" | "bytes" | "duration" } ? number
  : S extends { kind: "chunk_sizes" } ? "auto" | ChunkSizes
  : string;

/** The type of a flag's value: `undefined` only where it is neither required nor has a default. */
export type ValueOf<S> = S extends { repeatable: true } ? readonly OneValue<S>[]
  : S extends { kind: "boolean" } | { default: string } | { required: true } ? OneValue<S>
  : OneValue<S> | undefined;

/** The name of a flag's value in a program: `max-file-size` and `max_file_size` are `maxFileSize`. */
export type CamelCase<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;

/** @returns {@linkcode CamelCase} of `name`. */
export function camelCase(name: string): string {
  return name.replace(/[-_]([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** The environment variable of the flag called `name`: `PARASYNC_MAX_FILE_SIZE` for `max-file-size`. */
export function environmentVariable(name: string): string {
  return `PARASYNC_${name.toUpperCase().replaceAll("-", "_")}`;
}

/** Whether a flag of any text may stand alone in a command. */
export function mayStandAlone(spec: FlagSpec, command: CommandName): boolean {
  return spec.kind === "string" && spec.bare?.includes(command) === true;
}
