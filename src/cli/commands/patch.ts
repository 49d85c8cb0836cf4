import { applyDelta, measureDelta } from "../../delta/librsync_patch.ts";
import { newSessionKey } from "../../files/artefact.ts";
import { displayName } from "../../files/file_error.ts";
import { openPinned } from "../../files/pinned_file.ts";
import { TargetFile } from "../../files/target_file.ts";
import type { CommandContext, OptionsOf } from "../command.ts";
import { formatBytes, formatMillis } from "../output/amounts.ts";
import { printResult } from "../output/result_line.ts";
import { outputPlace, warnUnlessDurable } from "../output_place.ts";

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
  const { fsync } = options;
  // Signals are caught from here on, before there is anything that would be left behind.
  const { signal, logger, stdout } = context;
  using basis = openPinned(oldFile, { followLinks: true });
  using delta = openPinned(deltaFile, { followLinks: true });
  const { location, expectTarget } = outputPlace(target, [delta]);
  const { newSize, totals } = measureDelta(delta, basis.size);
  await using file = TargetFile.create({ location, key: newSessionKey(), size: newSize, signal });
  const write = (bytes: Uint8Array, position: number) => file.writeAt(bytes, position);
  const digest = await applyDelta(basis, delta, write);
  const committed = await file.commit({ basis, expectTarget, fsync });
  warnUnlessDurable(committed, fsync, target, logger);
  const elapsedMs = performance.now() - startedAt;
  const made = `${displayName(target)}: ${formatBytes(newSize)}, not verified, blake3 ${digest}`;
  printResult(
    {
      type: "patch",
      line: `${made}, in ${formatMillis(elapsedMs)}`,
      figures: {
        oldBytes: basis.size,
        deltaBytes: delta.size,
        newBytes: newSize,
        ...totals,
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
