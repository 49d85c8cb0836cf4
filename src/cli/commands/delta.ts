import { displayName } from "../../files/file_error.ts";
import { diffFile } from "../../library/diff_file.ts";
import type { CommandContext, OptionsOf } from "../command.ts";
import { formatBytes, formatMillis, formatShare } from "../output/amounts.ts";
import { printResult } from "../output/result_line.ts";

/**
 * `delta SIG NEW DELTA`: finds the blocks of a signature in NEW, and writes what is to be copied and what is new in
 * librsync's format.
 *
 * @param options The flags.
 * @param positionals SIG, NEW and DELTA.
 * @param context The surroundings.
 * @returns 0.
 */
export async function run(
  options: OptionsOf<"delta">,
  positionals: readonly string[],
  context: CommandContext,
): Promise<number> {
  const startedAt = performance.now();
  const [signatureFile, newFile, target] = [positionals[0]!, positionals[1]!, positionals[2]!];
  // Signals are caught from here on, before there is anything that would be left behind.
  const { signal, logger, stdout } = context;
  const figures = await diffFile({
    signatureFile,
    newFile,
    deltaFile: target,
    fsync: options.fsync,
    signal,
    warn: (problem) => logger.warn(problem),
  });
  const { deltaBytes, newBytes, copiedBytes, literalBytes } = figures;
  const elapsedMs = performance.now() - startedAt;
  const share = formatShare(deltaBytes, newBytes);
  const made = `${displayName(target)}: ${formatBytes(deltaBytes)}, ${share} of the new file`;
  const parts = `${formatBytes(copiedBytes)} copied, ${formatBytes(literalBytes)} literal`;
  printResult(
    {
      type: "delta",
      line: `${made}, ${parts}, in ${formatMillis(elapsedMs)}`,
      figures: { ...figures, elapsedMs: Math.round(elapsedMs * 1000) / 1000, target },
    },
    options,
    stdout,
  );
  return 0;
}
