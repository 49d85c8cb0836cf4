/** Peak memory of both ends beside the bound that is set for it. */
import { type OwnSettings, startParasync } from "./own_contender.ts";
import { type RunPlace, runWatched } from "./run.ts";

const BOUND_BYTES = 250e6;
const BOUND_BYTES_PER_CHUNK = 48;

/** One end's peak. */
export interface EndMemory {
  readonly end: "client" | "server";
  /** Null where the system does not tell. */
  readonly peakBytes: number | null;
  /** 250 MB and 48 bytes a chunk. */
  readonly boundBytes: number;
  /** Chunks of the file at this end. */
  readonly chunks: number;
}

/** What a push took on a pair. */
export interface MemoryResult {
  readonly pair: string;
  readonly contender: string;
  readonly wallMs: number;
  readonly ends: readonly EndMemory[];
}

/**
 * Pushes once with a server of its own, and looks at both ends' memory.
 *
 * @param pair The pair's name.
 * @param place The pair, and where to run.
 * @param settings How to run it.
 * @throws {ParasyncError} `verification` where the result is wrong, and what else keeps it from ending.
 */
export async function measureMemory(
  pair: string,
  place: RunPlace,
  settings: OwnSettings,
): Promise<MemoryResult> {
  const contender = await startParasync(place.root, settings);
  try {
    const run = await runWatched(contender, place, false);
    const { more } = run.report;
    const endOf = (
      end: EndMemory["end"],
      peakBytes: number | null,
      chunks: number,
    ): EndMemory => {
      const boundBytes = BOUND_BYTES + BOUND_BYTES_PER_CHUNK * chunks;
      return { end, peakBytes, boundBytes, chunks };
    };
    return {
      pair,
      contender: contender.name,
      wallMs: run.wallMs,
      ends: [
        endOf("client", run.clientPeakBytes, Number(more["chunks_new"])),
        endOf("server", run.serverPeakBytes, Number(more["chunks_old"])),
      ],
    };
  } finally {
    await contender.server?.stop();
  }
}
