import type { Output } from "./output.ts";

/** The version of the JSON of commands whose result is a line: raised when a name goes or changes its meaning. */
const RESULT_SCHEMA = 1;

/** What a command of one file has done. */
export interface Result {
  /** Which command it was; `type` in JSON. */
  readonly type: string;
  /** A line for people, without its line feed. */
  readonly line: string;
  /** All figures. In JSON each name is in snake case. */
  readonly figures: Readonly<Record<string, string | number | boolean | null>>;
}

/**
 * Prints what a command has done: a line for people, or one of JSON.
 *
 * @param result What it has done.
 * @param options The command's flags; `quiet` leaves the line for people out.
 * @param stdout Where to.
 */
export function printResult(
  { type, line, figures }: Result,
  options: { readonly json: boolean; readonly quiet: boolean },
  stdout: Output,
): void {
  if (options.json) {
    const named = Object.entries(figures).map(([name, value]) =>
      [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), value] as const
    );
    const record = { type, schema: RESULT_SCHEMA, ...Object.fromEntries(named) };
    stdout.write(`${JSON.stringify(record)}\n`);
  } else if (!options.quiet) stdout.write(`${line}\n`);
}
