import { ParasyncError } from "../../errors.ts";
import { printable } from "../../telemetry/printable.ts";
import type { CommandContext, OptionsOf } from "../command.ts";
import { bashCompletions } from "../completions/bash.ts";
import { fishCompletions } from "../completions/fish.ts";
import { zshCompletions } from "../completions/zsh.ts";
import { PROGRAMS, SHELLS } from "../program.ts";

/** How the script of each shell is made. */
const SCRIPTS: Readonly<Record<typeof SHELLS[number], (programs: readonly string[]) => string>> = {
  bash: bashCompletions,
  zsh: zshCompletions,
  fish: fishCompletions,
};

/**
 * `completions SHELL`: prints a script that completes every name of the program in a shell.
 *
 * @param _options None.
 * @param positionals The shell.
 * @param context Where to write.
 * @returns 0.
 * @throws {ParasyncError} `usage` for a shell that there are no completions for.
 */
export function run(
  _options: OptionsOf<"completions">,
  positionals: readonly string[],
  context: CommandContext,
): number {
  const shell = SHELLS.find((each) => each === positionals[0]);
  if (shell === undefined) {
    const given = printable(positionals[0]!, 80);
    throw new ParasyncError(
      "usage",
      `Cannot complete in ${given}: the shells are ${SHELLS.slice(0, -1).join(", ")} and ${
        SHELLS.at(-1)
      }`,
    );
  }
  context.stdout.write(SCRIPTS[shell](PROGRAMS));
  return 0;
}
