import { ParasyncError } from "../errors.ts";

/**
 * The sizes that rule K cuts by, in bytes. Both ends of a session use the same ones.
 *
 * Limits: 64 <= min < max <= 1 MiB, `avg` a power of two from 64 to 512 KiB. A minimum of at least 64 means
 * that a cut never depends on bytes before the file's first one; a maximum of at most
 * {@linkcode BLOCK_BYTES} means that a chunk ends in the block it starts in or in the next one.
 */
export interface ChunkParameters {
  /** No chunk but the last is shorter. */
  readonly min: number;
  /** One position in `avg` is a candidate for a cut. */
  readonly avg: number;
  /** No chunk is longer. */
  readonly max: number;
}

/** Files are scanned in blocks of this size; it equals the session digest's segment. */
export const BLOCK_BYTES = 1 << 20;

/** The least bytes in a block of fixed size. */
const MIN_BLOCK_BYTES = 64;

const KIB = 1024;
const BASE: ChunkParameters = { min: 4 * KIB, avg: 8 * KIB, max: 12 * KIB };
const LARGEST_SCALE = 64;
const BASE_FILE_BYTES = 4 * KIB ** 3;

/**
 * The parameters for a new file of `size` bytes: 4/8/12 KiB (ParaSync, FAST'26, §4.1) up to 4 GiB, and
 * doubled for every doubling beyond, so that a file has at most about half a million chunks up to 256 GiB.
 *
 * @param size The new file's size in bytes.
 * @returns Parameters within the limits.
 */
export function chunkParametersFor(size: number): ChunkParameters {
  let scale = 1;
  while (scale < LARGEST_SCALE && size > BASE_FILE_BYTES * scale) scale *= 2;
  return { min: BASE.min * scale, avg: BASE.avg * scale, max: BASE.max * scale };
}

/**
 * Reads `min:avg:max` in bytes, as it stands in a session's query.
 *
 * @param text For example `4096:8192:12288`.
 * @returns The parameters.
 * @throws {ParasyncError} `bad_request` where the text is malformed or out of the limits.
 */
export function parseChunkParameters(text: string): ChunkParameters {
  const match = /^(\d{1,8}):(\d{1,8}):(\d{1,8})$/.exec(text);
  const [min, avg, max] = match
    ? match.slice(1).map(Number) as [number, number, number]
    : [0, 0, 0];
  if (!withinLimits({ min, avg, max })) {
    throw new ParasyncError(
      "bad_request",
      `Cannot use chunk sizes ${
        JSON.stringify(text.slice(0, 40))
      }: they must be min:avg:max with ` +
        `64 <= min < max <= ${BLOCK_BYTES} and avg a power of two from 64 to ${BLOCK_BYTES / 2}`,
    );
  }
  return { min, avg, max };
}

/**
 * The parameters that stand for blocks of one size: three times the same.
 *
 * @param block Bytes in a block, {@linkcode MIN_BLOCK_BYTES} to {@linkcode BLOCK_BYTES}.
 * @throws {ParasyncError} `bad_request` where it is out of that range.
 */
export function blockParameters(block: number): ChunkParameters {
  if (!(Number.isSafeInteger(block) && block >= MIN_BLOCK_BYTES && block <= BLOCK_BYTES)) {
    throw new ParasyncError(
      "bad_request",
      `Cannot use blocks of ${block} bytes: they must have ${MIN_BLOCK_BYTES} to ${BLOCK_BYTES}`,
    );
  }
  return { min: block, avg: block, max: block };
}

/** Whether sizes are within the limits of {@linkcode ChunkParameters}. */
export function withinLimits({ min, avg, max }: ChunkParameters): boolean {
  return min >= 64 && min < max && max <= BLOCK_BYTES &&
    avg >= 64 && avg <= BLOCK_BYTES / 2 && Number.isInteger(Math.log2(avg));
}

/** The inverse of {@linkcode parseChunkParameters}. */
export function formatChunkParameters({ min, avg, max }: ChunkParameters): string {
  return `${min}:${avg}:${max}`;
}

/** About how many chunks a file of `size` bytes has; columns are first made that long. */
export function expectedChunks(size: number, { min, avg, max }: ChunkParameters): number {
  const mean = Math.min(max, min + avg * (1 - Math.exp(-(max - min) / avg)));
  return Math.ceil(size / mean * 1.05) + 16;
}
