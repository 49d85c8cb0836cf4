import type { RollKernel, RollName } from "../chunking/kernel/roll_kernel.ts";
import { ParasyncError } from "../errors.ts";
import type { OpenFile } from "../files/open_file.ts";
import { readFully } from "../files/positional.ts";
import type { Checksums, StrongName, WeakName } from "../hashing/suite.ts";

/** The checksums that blocks are signed with. */
export interface BlockSuite {
  readonly weak: RollName | WeakName;
  readonly strong: StrongName;
}

/** Checksums of blocks that follow each other, in columns. */
export interface BlockSums {
  /** Weak checksums. */
  readonly weaks: Uint32Array<ArrayBuffer>;
  /** Strong checksums, one behind the other. */
  readonly strong: Uint8Array<ArrayBuffer>;
}

/** Whether a weak checksum is computed by the roll kernel and not by a hash backend. */
export function isRolled(weak: BlockSuite["weak"]): weak is "rollsum" | "rabinkarp" {
  return weak === "rollsum" || weak === "rabinkarp";
}

/**
 * Computes the checksums of blocks of one size, the file's last of which may be shorter.
 *
 * @param kernel The lane's kernel, whose memory serves as the window; it has room for these blocks.
 * @param rolled Whether the weak checksum is the kernel's own.
 * @param checksums Who computes the other checksums.
 * @param source The file.
 * @param block Bytes in a block.
 * @param first The first block.
 * @param count How many.
 * @returns Their checksums.
 * @throws {ParasyncError} `internal` for more blocks than there is room for, or than the file has.
 */
export function signBlocks(
  kernel: RollKernel,
  rolled: boolean,
  checksums: Checksums,
  source: OpenFile,
  block: number,
  first: number,
  count: number,
): BlockSums {
  const { memory, dataOffset } = kernel;
  const begin = first * block;
  const length = Math.min(count * block, source.size - begin);
  if (count < 1 || length <= (count - 1) * block || length > kernel.capacity) {
    throw new ParasyncError(
      "internal",
      `Cannot sign ${count} blocks from ${first} on: out of range`,
    );
  }
  readFully(source.fd, memory, dataOffset, length, begin, source.name);
  const { strongBytes } = checksums;
  const weaks = new Uint32Array(count);
  const strong = new Uint8Array(count * strongBytes);
  for (let i = 0; i < count; i++) {
    const from = i * block;
    const to = Math.min(from + block, length);
    weaks[i] = rolled
      ? kernel.weak(from, to)
      : checksums.weak(memory, dataOffset + from, dataOffset + to);
    checksums.strong(memory, dataOffset + from, dataOffset + to, strong, i * strongBytes);
  }
  return { weaks, strong };
}
