import type { CamelCase, FlagSpec, ValueOf } from "./flag_spec.ts";
import { type FlagName, FLAGS } from "./flags.ts";
import type { CommandName } from "./program.ts";

type TakenBy<Name extends FlagName, Command extends CommandName> = Command extends
  typeof FLAGS[Name]["commands"][number] ? CamelCase<Name> : never;

/** The values of a command's flags, by their names in camel case. */
export type OptionsOf<Command extends CommandName> = {
  readonly [Name in FlagName as TakenBy<Name, Command>]: ValueOf<typeof FLAGS[Name]>;
};

/** The values of the flags of one of several commands, which need not all have the same. */
export type OptionsOfAny<Command extends CommandName> = Command extends CommandName
  ? OptionsOf<Command>
  : never;

/**
 * The flags that `command` takes, in the order of the table.
 *
 * @returns Pairs of canonical name and row.
 */
export function flagsOf(command: CommandName): [name: FlagName, spec: FlagSpec][] {
  return (Object.entries(FLAGS) as [FlagName, FlagSpec][])
    .filter(([, spec]) => spec.commands.includes(command));
}

/** The default of a flag for a command, as a person would write it. */
export function defaultFor(spec: FlagSpec, command: CommandName): string | undefined {
  return spec.defaults?.[command] ?? spec.default;
}
