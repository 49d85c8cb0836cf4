import { abortable } from "./abortable.ts";
import type { Summary } from "./summary.ts";
import { syncFiles } from "./sync_files.ts";
import { type SyncOptions, syncTaskFrom } from "./sync_options.ts";

/** How files of one machine are synced. */
export interface LocalSyncOptions extends SyncOptions {
  /** Whether the result is on the disk before the promise resolves; by default it is. */
  readonly fsync?: boolean;
}

/**
 * Builds a file from an old and a new one as a push would, with both ends in this process: to try a scheme out, or to
 * measure what a push would send.
 *
 * @param oldFile The old file; a link is followed.
 * @param newFile The new file; a link is followed.
 * @param outputFile Where the result goes; may be `oldFile`.
 * @param options How to sync.
 * @returns What the sync did.
 * @throws {ParasyncError} What kept it from being done; what was at `outputFile` is as it was.
 *
 * @example
 * ```ts
 * import { sync } from "@parasync/parasync";
 * import assert from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${folder}/old`, "the old content");
 * await Deno.writeTextFile(`${folder}/new`, "the new content");
 *
 * const { wireUpBytes, wireDownBytes } = await sync(
 *   `${folder}/old`,
 *   `${folder}/new`,
 *   `${folder}/result`,
 *   { scheme: "rsync" },
 * );
 *
 * assert(wireUpBytes + wireDownBytes > 0);
 * assert(await Deno.readTextFile(`${folder}/result`) === "the new content");
 * ```
 */
export async function sync(
  oldFile: string,
  newFile: string,
  outputFile: string,
  options: LocalSyncOptions = {},
): Promise<Summary> {
  return await abortable(options.signal, (signal) =>
    syncFiles({
      ...syncTaskFrom(options, signal),
      oldFile,
      newFile,
      output: outputFile,
      fsync: options.fsync ?? true,
    }));
}
