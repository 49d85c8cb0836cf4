import type { ScanKernel } from "../chunking/kernel/scan_kernel.ts";
import type { OpenFile } from "../files/open_file.ts";
import { writeFully } from "../files/positional.ts";
import type { WriteTurn } from "../files/write_turn.ts";

/**
 * Writes are cut into pieces of this size. A write of a MiB makes the kernel take one large stretch of memory for
 * it, which on a virtual machine is seldom backed yet: a GiB then costs the server up to a second more.
 */
const WRITE_BYTES = 64 << 10;

/**
 * Writes the first bytes of a lane's window to the target.
 *
 * @param kernel The lane's kernel, whose memory is the window.
 * @param target The file.
 * @param turn The turn to write to it.
 * @param position Where the bytes go.
 * @param length How many there are.
 * @param sparse Whether pieces of 64 KiB that are zeros are left out, where the target has a hole.
 */
export function writeWindow(
  kernel: ScanKernel,
  target: OpenFile,
  turn: WriteTurn,
  position: number,
  length: number,
  sparse: boolean,
): void {
  turn.take(() => writePiece(kernel, target, 0, position, length, sparse));
}

/**
 * Writes bytes of a lane's window to the target, by whoever has the turn.
 *
 * @param kernel The lane's kernel, whose memory is the window.
 * @param target The file.
 * @param from Where the bytes are in the window.
 * @param position Where they go.
 * @param length How many there are.
 * @param sparse Whether pieces of 64 KiB that are zeros are left out, where the target has a hole.
 */
export function writePiece(
  kernel: ScanKernel,
  target: OpenFile,
  from: number,
  position: number,
  length: number,
  sparse: boolean,
): void {
  const { memory, dataOffset } = kernel;
  for (let at = 0; at < length; at += WRITE_BYTES) {
    const part = Math.min(WRITE_BYTES, length - at);
    if (sparse && kernel.isZero(from + at, from + at + part)) continue;
    writeFully(target.fd, memory, dataOffset + from + at, part, position + at, target.name);
  }
}
