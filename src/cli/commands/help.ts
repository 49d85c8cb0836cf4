import { ParasyncError } from "../../errors.ts";
import { adviseCommand } from "../advice.ts";
import type { CommandContext, OptionsOf } from "../command.ts";
import { commandHelp, programHelp } from "../help_text.ts";
import { invocationOf, isCommandName, programFrom } from "../program.ts";

/**
 * `help [COMMAND]`: explains the program, or one command. A command may be named by the program that it
 * is, as in `help parasync-client`.
 *
 * @param _options None.
 * @param positionals The command, if any.
 * @param context Where to write.
 * @returns 0.
 * @throws {ParasyncError} `usage` where there is no such command.
 */
export function run(
  _options: OptionsOf<"help">,
  positionals: readonly string[],
  context: CommandContext,
): number {
  const { stdout, program } = context;
  const style = { colour: stdout.colour, width: stdout.size().columns };
  const [name] = positionals;
  if (name === undefined) {
    stdout.write(programHelp(style));
    return 0;
  }
  const command = programFrom(name).command ?? (isCommandName(name) ? name : undefined);
  if (command === undefined) throw new ParasyncError("usage", adviseCommand(name));
  stdout.write(commandHelp(command, invocationOf(command, program), style));
  return 0;
}
