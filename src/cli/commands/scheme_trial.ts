import type { CommandContext, OptionsOfAny } from "../command.ts";
import { syncLocally } from "../local_sync.ts";
import { type OriginalTest, schemeOfProgram } from "../original.ts";
import { printSummary } from "../sync_run.ts";

/** The original's `<scheme>_test OLD NEW [HW]`. */
export async function run(
  options: OptionsOfAny<OriginalTest>,
  positionals: readonly string[],
  context: CommandContext,
): Promise<number> {
  const [oldFile, newFile] = [positionals[0]!, positionals[1]!];
  const files = { oldFile, newFile, output: `${oldFile}.patch` };
  const scheme = schemeOfProgram(context.command);
  printSummary(await syncLocally(files, options, scheme, context), options, context);
  return 0;
}
