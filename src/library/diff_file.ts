import type { LibrsyncTotals } from "../delta/librsync_delta.ts";
import { OutputFile } from "../files/output_file.ts";
import { openPinned } from "../files/pinned_file.ts";
import { readSignature, writeDelta } from "../schemes/librsync_files.ts";
import { LanePool } from "../workers/pool.ts";
import type { FileTask } from "./file_task.ts";
import { outputPlace, warnUnlessDurable } from "./output_place.ts";

/** What a delta is to be made from. */
export interface DeltaTask extends FileTask {
  /** The old file's signature. */
  readonly signatureFile: string;
  /** The new file. */
  readonly newFile: string;
  /** Where the delta goes. */
  readonly deltaFile: string;
}

/** What a delta holds. */
export interface DeltaResult extends LibrsyncTotals {
  /** Size of the signature in bytes. */
  readonly signatureBytes: number;
  /** Size of the new file in bytes. */
  readonly newBytes: number;
  /** Size of the delta in bytes. */
  readonly deltaBytes: number;
}

/**
 * Finds the blocks of a signature in a new file, and writes what is to be copied and what is new in librsync's format.
 *
 * The search is serial, since each match decides where it goes on: more threads would not help.
 *
 * @param task What to make it from.
 * @returns What the delta holds.
 * @throws {ParasyncError} What keeps it from being done; what is at `deltaFile` is as it was then.
 */
export async function diffFile(task: DeltaTask): Promise<DeltaResult> {
  const { fsync, signal, warn } = task;
  signal.throwIfAborted();
  using signed = openPinned(task.signatureFile, { followLinks: true });
  using source = openPinned(task.newFile, { followLinks: true });
  const { location, expectTarget } = outputPlace(task.deltaFile, [signed, source]);
  const signature = readSignature(signed);
  signed.verifyUnchanged();
  const pool = new LanePool(1, { mainWorks: true });
  try {
    using file = OutputFile.create(location, signal);
    const lanes = pool.group(1, source.size, "0");
    const write = (bytes: Uint8Array): void => file.append(bytes);
    const totals = await writeDelta(signature, source, lanes, write, signal);
    const committed = await file.commit({ basis: source, expectTarget, fsync });
    warnUnlessDurable(committed, fsync, task.deltaFile, warn);
    return {
      signatureBytes: signed.size,
      newBytes: source.size,
      deltaBytes: file.size,
      ...totals,
    };
  } finally {
    pool.close();
  }
}
