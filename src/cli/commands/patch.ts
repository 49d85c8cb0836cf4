import { displayName } from "../../files/file_error.ts";
import { patchFile } from "../../library/patch_file.ts";
import type { CommandContext, OptionsOf } from "../command.ts";
import { formatBytes, formatMillis } from "../output/amounts.ts";
import { printResult } from "../output/result_line.ts";

/**
 * `patch OLD DELTA OUT`: builds OUT from OLD and a delta in librsync's format. Such a delta says nothing of the files
 * that it is between, so that a wrong OLD goes unnoticed; the BLAKE3 of what came of it is printed to compare.
 *
 * @param options The flags.
 * @param positionals OLD, DELTA and OUT; OUT may be OLD.
 * @param context The surroundings.
 * @returns 0.
 */
export async function run(
  options: OptionsOf<"patch">,
  positionals: readonly string[],
  context: CommandContext,
): Promise<number> {
  const startedAt = performance.now();
  const [oldFile, deltaFile, target] = [positionals[0]!, positionals[1]!, positionals[2]!];
  // Signals are caught from here on, before there is anything that would be left behind.
  const { signal, logger, stdout } = context;
  const { digest, ...figures } = await patchFile({
    oldFile,
    deltaFile,
    outputFile: target,
    fsync: options.fsync,
    signal,
    warn: (problem) => logger.warn(problem),
  });
  const elapsedMs = performance.now() - startedAt;
  const size = formatBytes(figures.newBytes);
  const made = `${displayName(target)}: ${size}, not verified, blake3 ${digest}`;
  printResult(
    {
      type: "patch",
      line: `${made}, in ${formatMillis(elapsedMs)}`,
      figures: {
        ...figures,
        digest,
        digestKind: "blake3",
        verified: false,
        elapsedMs: Math.round(elapsedMs * 1000) / 1000,
        target,
      },
    },
    options,
    stdout,
  );
  return 0;
}
