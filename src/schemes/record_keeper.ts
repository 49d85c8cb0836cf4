import type { BlockRecords, ChecksumStore, RecordParameters } from "../files/checksum_store.ts";
import type { PinnedFile } from "../files/pinned_file.ts";
import type { ChunkParameters } from "../chunking/parameters.ts";
import type { HardwareChoice } from "../hashing/backend.ts";
import type { Suite } from "../hashing/suite.ts";
import type { StageClock } from "../telemetry/stages.ts";
import { readReference } from "../workers/file_reference.ts";
import type { LaneGroup } from "../workers/lane_group.ts";
import type { SchemeName } from "./scheme_name.ts";

/** Bytes in the blocks whose checksums skysync_c keeps, and skysync_f unless told otherwise (SkySync, FAST'26, §3). */
export const SKYSYNC_BLOCK_BYTES = 8192;

/** The checksums that are kept of each block. */
export const SKYSYNC_SUITE: Suite = { weak: "crc32", strong: "sha256" };

/** Bytes in a strong checksum that is kept. */
const STRONG_BYTES = 32;

/**
 * Bytes in the blocks whose stored checksums a scheme works from; null where it works from none.
 *
 * @param scheme The scheme.
 * @param parameters The sizes that the session cuts by.
 * @param hw What the client asked for.
 */
export function keptBlock(
  scheme: SchemeName,
  parameters: ChunkParameters,
  hw: HardwareChoice,
): number | null {
  if (scheme === "skysync_f") return parameters.avg;
  return scheme === "skysync_c" && derivesWeaks(hw) ? SKYSYNC_BLOCK_BYTES : null;
}

/** Whether skysync_c derives weak checksums from stored ones, or computes them as the original does for `hw=1`. */
export function derivesWeaks(hw: HardwareChoice): boolean {
  return hw === "0" || hw === "auto";
}

/** Where the checksums of a file's blocks came from; empty where none were asked for. */
export type RecordOrigin = "stored" | "computed" | "";

/** What the other end says of its checksums. */
export function recordOrigin(text: string): RecordOrigin {
  return text === "stored" || text === "computed" ? text : "";
}

/** For what the checksums are needed, and by whom they are computed where they are not stored. */
export interface RecordWish {
  /** Bytes in a block. */
  readonly block: number;
  readonly lanes: LaneGroup;
  readonly clock: StageClock;
  /** What stands before the names of this end's stages. */
  readonly stage: string;
  readonly signal: AbortSignal;
}

/**
 * The checksums that the storage layer keeps of a file's blocks (SkySync, FAST'26, §3), as far as a storage layer
 * does: from a store that an earlier sync or `parasync signature --store` has written, else by computing them.
 * Which of the two it was shows in the name of the stage, so that no time leaves out what it took.
 */
export class RecordKeeper {
  readonly #file: PinnedFile | null;
  readonly #store: ChecksumStore;
  readonly #keeps: boolean;
  #origin: RecordOrigin = "";

  /**
   * @param file The file; null where there is none.
   * @param store Where checksums are kept.
   * @param keeps Whether those that had to be computed are kept there.
   */
  constructor(file: PinnedFile | null, store: ChecksumStore, keeps = true) {
    this.#file = file;
    this.#store = store;
    this.#keeps = keeps;
  }

  /** Where the checksums came from. */
  get origin(): RecordOrigin {
    return this.#origin;
  }

  /** The result came out wrong: what was stored is not believed again. */
  distrust(): void {
    if (this.#origin === "stored" && this.#file !== null) this.#store.forget(this.#file.path);
  }

  /**
   * The checksums of the file's blocks.
   *
   * @param wish What is needed, and who works.
   * @returns Columns of them; empty where there is no file.
   */
  async obtain({ block, lanes, clock, stage, signal }: RecordWish): Promise<BlockRecords> {
    if (this.#file === null) return emptyRecords(block);
    const { path, identity } = this.#file;
    const loading = performance.now();
    const stored = this.#store.load(path, identity, parametersOf(block));
    if (stored !== null) {
      this.#origin = "stored";
      clock.add(`${stage}checksums-stored`, performance.now() - loading);
      return stored;
    }
    this.#origin = "computed";
    return await clock.time(`${stage}checksums-computed`, async () => {
      const begunMs = Date.now();
      const records = await computeRecords(this.#file!, block, lanes, signal);
      if (this.#keeps) this.#store.save(path, identity, records, begunMs);
      return records;
    });
  }
}

/**
 * Computes and stores the checksums of a file's blocks.
 *
 * @param file The file.
 * @param store Where to.
 * @param block Bytes in a block.
 * @param lanes Who works.
 * @param signal Stops the work.
 * @returns Whether they were stored; a file that was changed just now is not.
 */
export async function storeRecords(
  file: PinnedFile,
  store: ChecksumStore,
  block: number,
  lanes: LaneGroup,
  signal: AbortSignal,
): Promise<boolean> {
  if (store.load(file.path, file.identity, parametersOf(block)) !== null) return true;
  const begunMs = Date.now();
  const records = await computeRecords(file, block, lanes, signal);
  return store.save(file.path, file.identity, records, begunMs);
}

function parametersOf(block: number): RecordParameters {
  const suite = `${SKYSYNC_SUITE.weak}+${SKYSYNC_SUITE.strong}`;
  return { block, strongBytes: STRONG_BYTES, suite };
}

async function computeRecords(
  file: PinnedFile,
  block: number,
  lanes: LaneGroup,
  signal: AbortSignal,
): Promise<BlockRecords> {
  const count = Math.ceil(file.size / block);
  const weaks = new Uint32Array(count);
  const strong = new Uint8Array(count * STRONG_BYTES);
  await lanes.sign(readReference(file), block, SKYSYNC_SUITE, (first, sums) => {
    weaks.set(sums.weaks, first);
    strong.set(sums.strong, first * STRONG_BYTES);
  }, signal);
  file.verifyUnchanged();
  return { ...parametersOf(block), size: file.size, weaks, strong };
}

function emptyRecords(block: number): BlockRecords {
  return {
    ...parametersOf(block),
    size: 0,
    weaks: new Uint32Array(0),
    strong: new Uint8Array(0),
  };
}
