/** Just so much of tar (POSIX ustar) as taking one file out of a package takes. */
import { ParasyncError } from "../src/errors.ts";

const BLOCK_BYTES = 512;

/** Where a header keeps what, in bytes. */
const NAME = [0, 100] as const;
const SIZE = [124, 136] as const;
const CHECKSUM = [148, 156] as const;
const TYPE = 156;
const PREFIX = [345, 500] as const;

/** What a header tells of its entry. */
interface TarHeader {
  readonly name: string;
  readonly bytes: number;
  readonly isFile: boolean;
}

function field(header: Uint8Array, [begin, end]: readonly [number, number]): string {
  const text = String.fromCharCode(...header.subarray(begin, end));
  return text.split("\0", 1)[0]!;
}

function octal(header: Uint8Array, place: readonly [number, number]): number {
  const text = field(header, place).trim();
  return /^[0-7]+$/.test(text) ? parseInt(text, 8) : NaN;
}

/** The sum of a header's bytes, with blanks where the sum itself is. */
function sumOf(header: Uint8Array): number {
  const [begin, end] = CHECKSUM;
  return header.reduce((sum, byte, at) => sum + (at >= begin && at < end ? 0x20 : byte), 0);
}

/** `undefined` for the blocks of zeros that end an archive. */
function readHeader(header: Uint8Array): TarHeader | undefined {
  if (header.every((byte) => byte === 0)) return undefined;
  const bytes = octal(header, SIZE);
  if (octal(header, CHECKSUM) !== sumOf(header) || Number.isNaN(bytes)) {
    throw new ParasyncError("stream", "Cannot read the archive: it is no tar archive");
  }
  const prefix = field(header, PREFIX);
  const name = field(header, NAME);
  const type = String.fromCharCode(header[TYPE]!);
  return {
    name: prefix === "" ? name : `${prefix}/${name}`,
    bytes,
    isFile: type === "0" || type === "\0",
  };
}

/**
 * Takes one file out of a tar archive. The archive is read to its end, so that whoever decompresses it gets to
 * compare the checksum there.
 *
 * @param archive The archive's bytes, in pieces of any length.
 * @param name The file's whole name in it, in ASCII and of at most 100 bytes: the extensions for longer ones
 * are passed over.
 * @returns The file's bytes, in pieces that hold until the next one is asked for.
 * @throws {ParasyncError} `stream` where it is no archive or ends too early, `not_found` where the file is not in it.
 */
export async function* tarEntry(
  archive: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<Uint8Array> {
  const header = new Uint8Array(BLOCK_BYTES);
  let filled = 0;
  let wanted = 0;
  let passed = 0;
  let found = false;
  for await (const chunk of archive) {
    for (let at = 0; at < chunk.length;) {
      const rest = chunk.length - at;
      if (wanted > 0) {
        const length = Math.min(wanted, rest);
        yield chunk.subarray(at, at + length);
        [wanted, at] = [wanted - length, at + length];
      } else if (passed > 0) {
        const length = Math.min(passed, rest);
        [passed, at] = [passed - length, at + length];
      } else {
        const length = Math.min(BLOCK_BYTES - filled, rest);
        header.set(chunk.subarray(at, at + length), filled);
        [filled, at] = [filled + length, at + length];
        if (filled < BLOCK_BYTES) continue;
        filled = 0;
        const entry = readHeader(header);
        if (entry === undefined) continue;
        const takes: boolean = !found && entry.isFile && entry.name === name;
        const padded = Math.ceil(entry.bytes / BLOCK_BYTES) * BLOCK_BYTES;
        [wanted, passed] = takes ? [entry.bytes, padded - entry.bytes] : [0, padded];
        found ||= takes;
      }
    }
  }
  if (wanted + passed + filled > 0) {
    throw new ParasyncError("stream", "Cannot read the archive: it ends too early");
  }
  if (!found) {
    throw new ParasyncError("not_found", `Cannot read ${name}: the archive has no such file`);
  }
}
