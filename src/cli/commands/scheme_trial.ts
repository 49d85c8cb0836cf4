import { ParasyncError } from "../../errors.ts";
import { printable } from "../../telemetry/printable.ts";
import type { CommandContext, OptionsOfAny } from "../command.ts";
import { syncLocally } from "../local_sync.ts";
import { type OriginalTest, schemeOfProgram } from "../original.ts";
import { invalidHashingLine, renderTrial, type TrialHashing } from "../output/trial_lines.ts";
import { printSummary } from "../sync_run.ts";

/**
 * The original's `<scheme>_test OLD NEW [HW]`: both ends of one scheme in this process. Writes `<OLD>.patch`, the
 * new file made from the old one and the delta, and prints the original's lines and then our summary.
 *
 * @param options The flags.
 * @param positionals OLD, NEW and, if given, HW: 0 or 1, and nothing else than `--hw` says where both are given.
 * @param context The surroundings.
 * @returns 0.
 */
export async function run(
  options: OptionsOfAny<OriginalTest>,
  positionals: readonly string[],
  context: CommandContext,
): Promise<number> {
  const [oldFile, newFile, hwText] = [positionals[0]!, positionals[1]!, positionals[2]];
  const scheme = schemeOfProgram(context.command)!;
  const hashing = hashingOf(hwText, context.given.has("hw"));
  const hw = hwText === undefined ? options.hw : hwText === "1" ? "1" : "0";
  if (hwText !== undefined && context.given.has("hw") && hw !== options.hw) {
    const both = `HW ${printable(hwText, 80)} with --hw=${options.hw}`;
    throw new ParasyncError("usage", `Cannot use ${both}: they differ; give one of them`);
  }
  if (hashing.kind === "invalid" && (options.json || options.quiet)) {
    context.logger.warn(invalidHashingLine(hashing.text));
  }
  const files = { oldFile, newFile, output: `${oldFile}.patch` };
  const summary = await syncLocally(files, { ...options, hw }, scheme, context);
  if (!options.json && !options.quiet) {
    context.stdout.write(renderTrial(summary, scheme, hashing));
  }
  await printSummary(summary, options, context);
  return 0;
}

function hashingOf(text: string | undefined, given: boolean): TrialHashing {
  if (text === undefined) return { kind: given ? "chosen" : "default" };
  return text === "0" || text === "1" ? { kind: "chosen" } : { kind: "invalid", text };
}
