import { ParasyncError } from "../../errors.ts";
import { displayName } from "../../files/file_error.ts";
import { storeChoice } from "../../files/store_choice.ts";
import { signFile } from "../../library/sign_file.ts";
import type { CommandContext, OptionsOf } from "../command.ts";
import { formatBytes, formatCount, formatMillis } from "../output/amounts.ts";
import { printResult } from "../output/result_line.ts";

/**
 * `signature OLD [SIG]`: writes the checksums of OLD's blocks in librsync's format, and with `--store` puts those that
 * skysync_f and skysync_c compare by where the next sync finds them. `--store` without a place takes no SIG: of two
 * names behind it, the first may be meant as the place, and the second would be replaced.
 *
 * @param options The flags.
 * @param positionals OLD and SIG.
 * @param context The surroundings.
 * @returns 0.
 */
export async function run(
  options: OptionsOf<"signature">,
  positionals: readonly string[],
  context: CommandContext,
): Promise<number> {
  const startedAt = performance.now();
  const [oldFile, target] = [positionals[0]!, positionals[1]];
  const toStore = context.given.has("store");
  if (target === undefined && !toStore) {
    throw new ParasyncError(
      "usage",
      "Cannot run signature: SIG is missing, and --store is not given either " +
        "(see parasync signature --help)",
    );
  }
  if (target !== undefined && context.alone.has("store")) {
    throw new ParasyncError(
      "usage",
      "Cannot use --store alone with SIG: a place needs its =, so write --store=cache to do both " +
        "(see parasync signature --help)",
    );
  }
  const { hash, rolling, blockSize, sumSize, threads, hw, fsync } = options;
  // Signals are caught from here on, before there is anything that would be left behind.
  const { signal, logger } = context;
  const signed = await signFile({
    oldFile,
    signatureFile: target,
    store: toStore ? storeChoice(options.store, context.env) : undefined,
    hash,
    rolling,
    blockSize,
    sumSize,
    threads,
    hw,
    fsync,
    signal,
    warn: (problem) => logger.warn(problem),
  });
  const { oldBytes, signatureBytes, blocks, blockBytes, sumBytes } = signed;
  const elapsedMs = performance.now() - startedAt;
  const made = [
    ...target === undefined ? [] : [`${displayName(target)}: ${formatBytes(signatureBytes)}`],
    ...toStore ? ["checksums stored"] : [],
  ].join(", ");
  const of = `${formatCount(blocks)} blocks of ${formatCount(blockBytes)} B`;
  printResult(
    {
      type: "signature",
      line: `${made}, ${of} from ${formatBytes(oldBytes)}, in ${formatMillis(elapsedMs)}`,
      figures: {
        oldBytes,
        signatureBytes,
        blocks,
        blockBytes,
        hash,
        rolling,
        sumBytes,
        stored: toStore,
        elapsedMs: Math.round(elapsedMs * 1000) / 1000,
        target: target ?? "",
      },
    },
    options,
    context.stdout,
  );
  return 0;
}
