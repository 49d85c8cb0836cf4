import { chooseSync, type SchemeFlags } from "../library/sync_choice.ts";
import { syncFiles } from "../library/sync_files.ts";
import type { SchemeName } from "../schemes/scheme_name.ts";
import type { CommandContext } from "./command.ts";
import type { Summary } from "./output/summary.ts";
import { type SyncOptions, syncTask } from "./sync_run.ts";

/** Both files of a sync in one process, and where its result goes. */
export interface LocalFiles {
  /** The old file. */
  readonly oldFile: string;
  /** The new file. */
  readonly newFile: string;
  /** Where the result goes; undefined: it is built in a temporary folder, verified and removed. */
  readonly output: string | undefined;
}

/**
 * Runs both ends of a sync in this process, as a command's flags want it.
 *
 * @param files The files.
 * @param options The command's flags.
 * @param scheme The scheme of a program that has only one.
 * @param context The command's surroundings.
 * @returns What the sync did.
 */
export async function syncLocally(
  files: LocalFiles,
  options: SyncOptions & SchemeFlags & { readonly fsync: boolean },
  scheme: SchemeName | undefined,
  context: CommandContext,
): Promise<Summary> {
  return await syncFiles({
    ...syncTask(options, context, (size) => chooseSync(options, scheme, context.given, size)),
    ...files,
    fsync: options.fsync,
  });
}
