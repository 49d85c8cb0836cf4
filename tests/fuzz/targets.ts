import type { FuzzTarget } from "./target.ts";
import { DELTA_TARGETS } from "./targets/deltas.ts";
import { FRAME_TARGETS } from "./targets/frames.ts";
import { LIBRSYNC_TARGETS } from "./targets/librsync.ts";
import { recordTargets } from "./targets/records.ts";
import { settingsTargets } from "./targets/settings.ts";
import { textTargets } from "./targets/texts.ts";

/**
 * Everything that takes bytes of a peer or of a file apart.
 *
 * @param folder A folder of its own, a real path, for those that need files.
 */
export function allTargets(folder: string): readonly FuzzTarget[] {
  return [
    ...FRAME_TARGETS,
    ...DELTA_TARGETS,
    ...LIBRSYNC_TARGETS,
    ...recordTargets(folder),
    ...textTargets(folder),
    ...settingsTargets(folder),
  ];
}
