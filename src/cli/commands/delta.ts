import { displayName } from "../../files/file_error.ts";
import { OutputFile } from "../../files/output_file.ts";
import { openPinned } from "../../files/pinned_file.ts";
import { readSignature, writeDelta } from "../../schemes/librsync_files.ts";
import { LanePool } from "../../workers/pool.ts";
import type { CommandContext, OptionsOf } from "../command.ts";
import { formatBytes, formatMillis, formatShare } from "../output/amounts.ts";
import { printResult } from "../output/result_line.ts";
import { outputPlace, warnUnlessDurable } from "../output_place.ts";

/**
 * `delta SIG NEW DELTA`: finds the blocks of a signature in NEW, and writes what is to be copied and what is new in
 * librsync's format.
 *
 * The search is serial, since each match decides where it goes on: more threads would not help.
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
  const { fsync } = options;
  // Signals are caught from here on, before there is anything that would be left behind.
  const { signal, logger, stdout } = context;
  using signed = openPinned(signatureFile, { followLinks: true });
  using source = openPinned(newFile, { followLinks: true });
  const { location, expectTarget } = outputPlace(target, [signed, source]);
  const signature = readSignature(signed);
  signed.verifyUnchanged();
  const pool = new LanePool(1, { mainWorks: true });
  try {
    using file = OutputFile.create(location, signal);
    const lanes = pool.group(1, source.size, "0");
    const write = (bytes: Uint8Array): void => file.append(bytes);
    const totals = await writeDelta(signature, source, lanes, write, signal);
    const committed = await file.commit({ basis: source, expectTarget, fsync });
    warnUnlessDurable(committed, fsync, target, logger);
    const elapsedMs = performance.now() - startedAt;
    const share = formatShare(file.size, source.size);
    const made = `${displayName(target)}: ${formatBytes(file.size)}, ${share} of the new file`;
    const parts = `${formatBytes(totals.copiedBytes)} copied, ` +
      `${formatBytes(totals.literalBytes)} literal`;
    printResult(
      {
        type: "delta",
        line: `${made}, ${parts}, in ${formatMillis(elapsedMs)}`,
        figures: {
          signatureBytes: signed.size,
          newBytes: source.size,
          deltaBytes: file.size,
          ...totals,
          elapsedMs: Math.round(elapsedMs * 1000) / 1000,
          target,
        },
      },
      options,
      stdout,
    );
    return 0;
  } finally {
    pool.close();
  }
}
