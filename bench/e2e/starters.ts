/** Which contenders take part, each as what starts it. */
import type { Contender } from "./contender.ts";
import {
  copyContender,
  type Places,
  startCurl,
  startRdiff,
  startZsync,
} from "./http_contenders.ts";
import { type OwnSettings, startParasync } from "./own_contender.ts";
import { type Programs, rsyncHasZstd } from "./programs.ts";
import { startRsync } from "./rsync_contender.ts";

/** What takes part. */
export interface Field {
  /** Each way to run ours. */
  readonly own: readonly OwnSettings[];
  /** Programs that are there and wanted. */
  readonly programs: Programs;
  /** Whether what can sync, does; both, in turn. */
  readonly fsync: readonly boolean[];
  /** Whether there is a line between the ends, which cp cannot cross. */
  readonly line: boolean;
}

type Start = () => Promise<Contender>;

/**
 * Lists the contenders.
 *
 * @param places Where they work.
 * @param field Who takes part.
 * @returns What starts each of them.
 */
export function startersOf(places: Places, { own, programs, fsync, line }: Field): Start[] {
  const starters: Start[] = own.map((settings) => () => startParasync(places.root, settings));
  const { root, scratch } = places;
  const { rsync, rdiff, zsync, curl, cp } = programs;
  const unsynced = fsync.includes(false);
  if (rsync !== undefined) {
    for (const compress of rsyncHasZstd() ? [false, true] : [false]) {
      for (const sync of fsync) {
        starters.push(() => startRsync(root, scratch, { fsync: sync, compress }));
      }
    }
  }
  // What others need of HTTP is curl's.
  if (rdiff !== undefined && curl !== undefined) {
    for (const sync of fsync) starters.push(() => startRdiff(places, sync));
  }
  if (zsync !== undefined && unsynced) starters.push(() => startZsync(places));
  if (curl !== undefined) {
    for (const sync of fsync) {
      starters.push(() => startCurl(places, sync));
    }
  }
  if (cp !== undefined && unsynced && !line) {
    starters.push(() => Promise.resolve(copyContender(places)));
  }
  return starters;
}
