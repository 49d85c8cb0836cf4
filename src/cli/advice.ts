import { printable } from "../telemetry/printable.ts";
import { FLAGS } from "./flags.ts";
import { nearestName } from "./nearest.ts";
import { flagsOf } from "./options.ts";
import { type CommandName, COMMANDS, commandsText } from "./program.ts";

/**
 * What to say of a flag that a command does not have: the nearest it has, or else whose it is.
 *
 * @param flag What was written, without dashes and value.
 * @param command The command.
 * @param usage How the command is called.
 * @returns One line, "Cannot use --thread: …".
 */
export function adviseFlag(flag: string, command: CommandName, usage: string): string {
  const written = `Cannot use --${printable(flag, 80)}`;
  const folded = flag.replaceAll("_", "-");
  const owner = Object.entries(FLAGS).find(([name]) => name.replaceAll("_", "-") === folded)?.[1];
  if (owner !== undefined) {
    const others = commandsText(owner.commands);
    return `${written}: it is a flag of ${others}, not of ${command} (see ${usage} --help)`;
  }
  const candidates = flagsOf(command).flatMap(([name, spec]) => [
    name,
    ...spec.aliases ?? [],
    ...spec.kind === "boolean" ? [`no-${name}`] : [],
  ]);
  const near = nearestName(flag, [...candidates, "help", "version"]);
  const hint = near === undefined ? "" : `; did you mean --${near}?`;
  return `${written}: ${command} has no such flag${hint} (see ${usage} --help)`;
}

/** What to say of a first argument that is no command. */
export function adviseCommand(first: string): string {
  const shown = printable(first, 80);
  if (first.startsWith("-")) {
    return `Cannot use ${shown}: a command comes first (see parasync --help)`;
  }
  const near = nearestName(first, Object.keys(COMMANDS));
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  return `Cannot run ${shown}: there is no such command${hint} (see parasync --help)`;
}
