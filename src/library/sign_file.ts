import { BLOCK_BYTES } from "../chunking/parameters.ts";
import { ParasyncError } from "../errors.ts";
import { ChecksumStore } from "../files/checksum_store.ts";
import { displayName } from "../files/file_error.ts";
import { OutputFile } from "../files/output_file.ts";
import { openPinned, type PinnedFile } from "../files/pinned_file.ts";
import type { StoreChoice } from "../files/store_choice.ts";
import type { HardwareChoice } from "../hashing/backend.ts";
import { openBackend } from "../hashing/select.ts";
import { STRONG_LENGTHS } from "../hashing/suite.ts";
import type { SignatureHeader } from "../matching/librsync_signature.ts";
import { MAX_BLOCKS } from "../schemes/block_count.ts";
import { writeSignature } from "../schemes/librsync_files.ts";
import { storeRecords } from "../schemes/record_keeper.ts";
import type { LaneGroup } from "../workers/lane_group.ts";
import { LanePool } from "../workers/pool.ts";
import type { FileTask } from "./file_task.ts";
import { outputPlace, warnUnlessDurable } from "./output_place.ts";

/** What is to be signed and how. */
export interface SignatureTask extends FileTask {
  /** The old file; a link is followed. */
  readonly oldFile: string;
  /** Where the signature goes; undefined: nowhere. */
  readonly signatureFile: string | undefined;
  /** Where checksums for later syncs go; undefined: nowhere. */
  readonly store: StoreChoice | undefined;
  readonly hash: "blake2" | "md4";
  readonly rolling: "rollsum" | "rabinkarp";
  /** Bytes in a block. */
  readonly blockSize: number;
  /** Bytes of each strong checksum that are kept; undefined: all. */
  readonly sumSize: number | undefined;
  readonly threads: number;
  readonly hw: HardwareChoice;
}

/** What a signature is of. */
export interface SignatureResult {
  /** Size of the old file in bytes. */
  readonly oldBytes: number;
  /** Size of the signature in bytes; 0 where none was written. */
  readonly signatureBytes: number;
  /** Blocks of the old file. */
  readonly blocks: number;
  /** Bytes in a block. */
  readonly blockBytes: number;
  /** Bytes in a strong checksum. */
  readonly sumBytes: number;
}

/**
 * Signs a file: writes the checksums of its blocks in librsync's format, or stores those that syncs by skysync_f and
 * skysync_c compare by, or both.
 *
 * @param task What to sign.
 * @returns What the signature is of.
 * @throws {ParasyncError} What keeps it from being done; what is at `signatureFile` is as it was then.
 */
export async function signFile(task: SignatureTask): Promise<SignatureResult> {
  const { signatureFile, store, signal, threads, hw } = task;
  signal.throwIfAborted();
  const header = headerOf(task);
  using old = openPinned(task.oldFile, { followLinks: true });
  const blocks = blocksOf(old, header.block);
  // Fails here and at once where native checksums are required and cannot be had.
  await openBackend(hw);
  const pool = new LanePool(threads, { mainWorks: true });
  try {
    const lanes = pool.group(threads, old.size, hw);
    // First, since it may be refused, and then the signature is to be as it was; stored checksums harm nobody.
    if (store !== undefined) await keep(old, header.block, store, lanes, signal);
    const signatureBytes = signatureFile === undefined
      ? 0
      : await signTo(signatureFile, old, header, lanes, task);
    signal.throwIfAborted();
    return {
      oldBytes: old.size,
      signatureBytes,
      blocks,
      blockBytes: header.block,
      sumBytes: header.strongBytes,
    };
  } finally {
    pool.close();
  }
}

function headerOf(
  { blockSize: block, rolling, hash: name, sumSize }: SignatureTask,
): SignatureHeader {
  if (!(Number.isSafeInteger(block) && block >= 1 && block <= BLOCK_BYTES)) {
    throw new ParasyncError("usage", `Cannot use --block-size=${block}: it must be 1 to 1MiB`);
  }
  const hash = name === "md4" ? "md4" : "blake2b";
  const most = STRONG_LENGTHS[hash];
  if (
    sumSize !== undefined && !(Number.isSafeInteger(sumSize) && sumSize >= 1 && sumSize <= most)
  ) {
    const reason = `${name} has ${most} bytes`;
    throw new ParasyncError("usage", `Cannot use --sum-size=${sumSize}: ${reason}`);
  }
  return { rolling, hash, block, strongBytes: sumSize ?? most };
}

/** Neither a delta nor a store takes more. */
function blocksOf(old: PinnedFile, block: number): number {
  const blocks = Math.ceil(old.size / block);
  if (blocks <= MAX_BLOCKS) return blocks;
  const [many, most] = [blocks, MAX_BLOCKS].map((count) => count.toLocaleString("en"));
  throw new ParasyncError(
    "usage",
    `Cannot use --block-size=${block}: ${displayName(old.name)} would have ` +
      `${many} blocks, and ${most} are the limit`,
  );
}

/** @returns Bytes of the signature. */
async function signTo(
  signatureFile: string,
  old: PinnedFile,
  header: SignatureHeader,
  lanes: LaneGroup,
  { fsync, signal, warn }: FileTask,
): Promise<number> {
  const { location, expectTarget } = outputPlace(signatureFile, [old]);
  using file = OutputFile.create(location, signal);
  await writeSignature(old, header, lanes, (bytes) => file.append(bytes), signal);
  const committed = await file.commit({ basis: old, expectTarget, fsync });
  warnUnlessDurable(committed, fsync, signatureFile, warn);
  return file.size;
}

async function keep(
  old: PinnedFile,
  block: number,
  choice: StoreChoice,
  lanes: LaneGroup,
  signal: AbortSignal,
): Promise<void> {
  const cannot = `Cannot store checksums of ${displayName(old.name)}`;
  if (choice.kind === "off") {
    throw new ParasyncError("usage", `${cannot}: no place is given, or it is off (--store=DIR)`);
  }
  let problem: string | undefined;
  const store = new ChecksumStore(choice, (text) => problem ??= text);
  if (await storeRecords(old, store, block, lanes, signal)) return;
  if (problem !== undefined) throw new ParasyncError("file_io", problem);
  throw new ParasyncError(
    "changed",
    `${cannot}: it was changed so lately that a later change might go unseen; try again in seconds`,
  );
}
