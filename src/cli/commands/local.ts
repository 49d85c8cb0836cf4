import type { CommandContext, OptionsOf } from "../command.ts";
import { syncLocally } from "../local_sync.ts";
import { printSummary } from "../sync_run.ts";

/**
 * `local OLD NEW`: both ends of a sync in this process, to try a scheme out or to make a file from a delta.
 *
 * Without `--output` the result is built in a temporary folder, verified and removed.
 *
 * @param options The flags.
 * @param positionals OLD and NEW.
 * @param context The surroundings.
 * @returns 0.
 */
export async function run(
  options: OptionsOf<"local">,
  positionals: readonly string[],
  context: CommandContext,
): Promise<number> {
  const [oldFile, newFile] = [positionals[0]!, positionals[1]!];
  const files = { oldFile, newFile, output: options.output };
  await printSummary(await syncLocally(files, options, undefined, context), options, context);
  return 0;
}
