import { readFully } from "../files/positional.ts";
import { type HashBackend, STRONG_BYTES } from "../hashing/backend.ts";
import type { ScanKernel } from "../chunking/kernel/scan_kernel.ts";
import type { OpenFile } from "../files/open_file.ts";
import { BLOCK_BYTES } from "../chunking/parameters.ts";

/**
 * Computes the strong checksums of chunks: chunks that follow each other in the file are read together.
 *
 * @param kernel The lane's kernel, whose memory serves as the window.
 * @param backend Who computes the checksums.
 * @param source The file.
 * @param offsets Where the chunks start, in bytes.
 * @param lengths How long they are, at most {@linkcode BLOCK_BYTES} each.
 * @returns 32 bytes a chunk, in the order given.
 */
export function hashChunks(
  kernel: ScanKernel,
  backend: HashBackend,
  source: OpenFile,
  offsets: Float64Array,
  lengths: Uint32Array,
): Uint8Array<ArrayBuffer> {
  const strong = new Uint8Array(offsets.length * STRONG_BYTES);
  const { memory, dataOffset } = kernel;
  for (let first = 0; first < offsets.length;) {
    const begin = offsets[first]!;
    let end = begin + lengths[first]!;
    let last = first + 1;
    while (
      last < offsets.length && offsets[last] === end && end + lengths[last]! - begin <= BLOCK_BYTES
    ) {
      end += lengths[last++]!;
    }
    readFully(source.fd, memory, dataOffset, end - begin, begin, source.name);
    for (let at = dataOffset; first < last; first++) {
      const length = lengths[first]!;
      backend.strong(memory, at, at + length, strong, first * STRONG_BYTES);
      at += length;
    }
  }
  return strong;
}
