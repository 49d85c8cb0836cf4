import type { RollKernel } from "../chunking/kernel/roll_kernel.ts";
import type { OpenFile } from "../files/open_file.ts";
import { readFully } from "../files/positional.ts";
import { readTogether } from "../files/read_together.ts";
import type { HashBackend } from "../hashing/backend.ts";
import type { BlockSums } from "./block_signature.ts";
import type { RangePieces } from "./ranges.ts";

/** Bytes of a CRC-32, little-endian, of which a few are kept. */
export const CHECK_BYTES = 4;

/**
 * Computes the checksums of the blocks in ranges of a file: Rabin-Karp hashes, which tell blocks of any size
 * apart where rollsums do not, and the lowest bytes of CRC-32. A block that both agree on is probably the same;
 * what is used is proven (see block_proofs.ts).
 *
 * @param kernel A lane's Rabin-Karp kernel, whose memory serves as the window; each range fits in it.
 * @param backend Who computes CRC-32.
 * @param source The file.
 * @param block Bytes in a block, which divide every range's length.
 * @param pieces The ranges.
 * @param checkBytes How much of each CRC-32 to keep.
 * @returns The checksums, in the order of the ranges; `strong` has the CRCs.
 */
export function signRanges(
  kernel: RollKernel,
  backend: HashBackend,
  source: OpenFile,
  block: number,
  { begins, lengths }: RangePieces,
  checkBytes: number,
): BlockSums {
  const { memory, dataOffset } = kernel;
  const count = lengths.reduce((sum, length) => sum + length / block, 0);
  const weaks = new Uint32Array(count);
  const strong = new Uint8Array(count * checkBytes);
  let index = 0;
  for (let first = 0; first < begins.length;) {
    const last = readTogether(begins, lengths, first, begins.length, kernel.capacity);
    const from = begins[first]!;
    const span = begins[last - 1]! + lengths[last - 1]! - from;
    readFully(source.fd, memory, dataOffset, span, from, source.name);
    for (; first < last; first++) {
      const end = begins[first]! + lengths[first]! - from;
      for (let at = begins[first]! - from; at < end; at += block, index++) {
        weaks[index] = kernel.weak(at, at + block);
        if (checkBytes === 0) continue;
        let check = backend.weak(memory, dataOffset + at, dataOffset + at + block);
        for (let byte = index * checkBytes; byte < (index + 1) * checkBytes; byte++) {
          strong[byte] = check & 0xff;
          check >>>= 8;
        }
      }
    }
  }
  return { weaks, strong };
}
