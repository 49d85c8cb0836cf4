import type { CommandContext, OptionsOf } from "../command.ts";
import { manualPage } from "../manual/manual_page.ts";

/**
 * `man`: prints the manual page, for `man -l` or a folder of `MANPATH`.
 *
 * @param _options None.
 * @param _positionals None.
 * @param context Where to write.
 * @returns 0.
 */
export function run(
  _options: OptionsOf<"man">,
  _positionals: readonly string[],
  context: CommandContext,
): number {
  context.stdout.write(manualPage());
  return 0;
}
