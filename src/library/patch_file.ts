import type { LibrsyncTotals } from "../delta/librsync_delta.ts";
import { applyDelta, measureDelta } from "../delta/librsync_patch.ts";
import { newSessionKey } from "../files/artefact.ts";
import { openPinned } from "../files/pinned_file.ts";
import { TargetFile } from "../files/target_file.ts";
import type { FileTask } from "./file_task.ts";
import { outputPlace, warnUnlessDurable } from "./output_place.ts";

/** What a file is to be built from. */
export interface PatchTask extends FileTask {
  /** The old file. */
  readonly oldFile: string;
  /** The delta. */
  readonly deltaFile: string;
  /** Where the new file goes; may be the old one. */
  readonly outputFile: string;
}

/** What a patch has built. */
export interface PatchResult extends LibrsyncTotals {
  /** Size of the old file in bytes. */
  readonly oldBytes: number;
  /** Size of the delta in bytes. */
  readonly deltaBytes: number;
  /** Size of what was built in bytes. */
  readonly newBytes: number;
  /** BLAKE3 of what was built, 64 hexadecimal digits, to be compared: a delta does not say what it should be. */
  readonly digest: string;
}

/**
 * Builds a file from an old one and a delta in librsync's format. Such a delta says nothing of the files that it is
 * between, so that a wrong old file goes unnoticed.
 *
 * @param task What to build it from.
 * @returns What was built.
 * @throws {ParasyncError} What keeps it from being done; what is at `outputFile` is as it was then.
 */
export async function patchFile(task: PatchTask): Promise<PatchResult> {
  const { fsync, signal, warn, outputFile } = task;
  signal.throwIfAborted();
  using basis = openPinned(task.oldFile, { followLinks: true });
  using delta = openPinned(task.deltaFile, { followLinks: true });
  const { location, expectTarget } = outputPlace(outputFile, [delta]);
  const { newSize, totals } = measureDelta(delta, basis.size);
  await using file = TargetFile.create({ location, key: newSessionKey(), size: newSize, signal });
  const write = (bytes: Uint8Array, position: number) => file.writeAt(bytes, position);
  const digest = await applyDelta(basis, delta, write);
  const committed = await file.commit({ basis, expectTarget, fsync });
  warnUnlessDurable(committed, fsync, outputFile, warn);
  return {
    oldBytes: basis.size,
    deltaBytes: delta.size,
    newBytes: newSize,
    ...totals,
    digest,
  };
}
