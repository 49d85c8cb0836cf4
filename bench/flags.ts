/** Reading a bench's arguments. */
// @ts-types="../src/types/std_parse_args.d.ts"
import { parseArgs } from "@std/cli/parse-args";
import { ParasyncError } from "../src/errors.ts";

/** What a bench takes beside `--help`. */
export interface FlagNames {
  /** Flags with a value. */
  readonly texts: readonly string[];
  /** Flags without. */
  readonly switches: readonly string[];
  /** Whether it takes words that are no flags. */
  readonly words?: boolean;
}

/** The flags that a bench was given. */
export class Flags {
  readonly #task: string;
  readonly #parsed: ReturnType<typeof parseArgs>;

  private constructor(task: string, parsed: ReturnType<typeof parseArgs>) {
    this.#task = task;
    this.#parsed = parsed;
  }

  /**
   * Takes arguments apart.
   *
   * @param task The task's name, as in `bench:e2e`.
   * @param args The arguments.
   * @param names What there is.
   * @returns The flags; `null` for help.
   * @throws {ParasyncError} `usage` for what there is not.
   */
  static read(task: string, args: readonly string[], names: FlagNames): Flags | null {
    const { texts, switches, words = false } = names;
    const parsed = parseArgs(args, {
      boolean: [...switches, "help"],
      string: [...texts],
      unknown: (arg) => words && !arg.startsWith("-") || refuse(task, `there is no ${arg}`),
    });
    return parsed["help"] === true ? null : new Flags(task, parsed);
  }

  /** The words that are no flags. */
  get words(): readonly string[] {
    return this.#parsed._.map(String);
  }

  /** Whether a switch was given. */
  isOn(name: string): boolean {
    return this.#parsed[name] === true;
  }

  /** The value of a flag; undefined where it was not given. */
  text(name: string): string | undefined {
    const value: unknown = this.#parsed[name];
    return typeof value === "string" ? value : undefined;
  }

  /** The values of a flag, which commas part. */
  list(name: string, usual: string): string[] {
    return (this.text(name) ?? usual).split(",");
  }

  /**
   * A number that a flag has.
   *
   * @param name The flag.
   * @param usual What it is where the flag was not given.
   * @throws {ParasyncError} `usage` unless it is whole and at least 1.
   */
  count(name: string, usual: number): number {
    const text = this.text(name);
    if (text === undefined) return usual;
    return countOf(text) ?? this.refuse(`--${name} takes a number from 1`);
  }

  /**
   * Numbers that a flag has.
   *
   * @param name The flag.
   * @param usual What they are where the flag was not given.
   * @throws {ParasyncError} `usage` unless all are whole and at least 1.
   */
  counts(name: string, usual: string): number[] {
    return this.list(name, usual).map((text) =>
      countOf(text) ?? this.refuse(`--${name} takes numbers from 1`)
    );
  }

  /**
   * Ends the reading.
   *
   * @param reason What is wrong.
   * @throws {ParasyncError} `usage`, always.
   */
  refuse(reason: string): never {
    return refuse(this.#task, reason);
  }
}

function countOf(text: string): number | undefined {
  const count = Number(text);
  return Number.isSafeInteger(count) && count >= 1 ? count : undefined;
}

function refuse(task: string, reason: string): never {
  throw new ParasyncError("usage", `Cannot begin: ${reason}; see deno task ${task} --help`);
}
