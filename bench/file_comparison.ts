/** Whether two files are equal, found out by reading them; digests have no part in it. */
import fs from "node:fs";
import { eventLoopTurn } from "./event_loop.ts";

const PIECE_BYTES = 1 << 20;
/** So many pieces between two turns of the event loop. */
const PIECES_PER_TURN = 16;

/** What a comparison found. */
export interface FileComparison {
  /** Where the files first differ, or end apart, in bytes; `null` where they are equal. */
  readonly differsAt: number | null;
  /** How many bytes were found equal. */
  readonly equalBytes: number;
}

function readSome(fd: number, into: Uint8Array, position: number): number {
  let done = 0;
  while (done < into.length) {
    const moved = fs.readSync(fd, into, done, into.length - done, position + done);
    if (moved === 0) break;
    done += moved;
  }
  return done;
}

/** The first of `length` bytes that differs; `length` where none does. */
function firstDifference(a: Uint8Array, b: Uint8Array, length: number): number {
  const words = Math.floor(length / 4);
  const [left, right] = [new Int32Array(a.buffer, 0, words), new Int32Array(b.buffer, 0, words)];
  let word = 0;
  while (word < words && left[word] === right[word]) word++;
  let at = word * 4;
  while (at < length && a[at] === b[at]) at++;
  return at;
}

/**
 * Compares two files byte for byte.
 *
 * @param a One file.
 * @param b The other.
 * @param signal Stops the work.
 * @param onProgress Told now and then how many bytes were found equal.
 * @returns What was found.
 */
export async function compareFiles(
  a: string,
  b: string,
  signal?: AbortSignal,
  onProgress?: (equalBytes: number) => void,
): Promise<FileComparison> {
  const left = new Uint8Array(PIECE_BYTES);
  const right = new Uint8Array(PIECE_BYTES);
  const leftFd = fs.openSync(a, "r");
  try {
    const rightFd = fs.openSync(b, "r");
    try {
      for (let piece = 0, position = 0;; piece++) {
        const [inLeft, inRight] = [
          readSome(leftFd, left, position),
          readSome(rightFd, right, position),
        ];
        const common = Math.min(inLeft, inRight);
        const equal = firstDifference(left, right, common);
        position += equal;
        if (equal < common || inLeft !== inRight) {
          return { differsAt: position, equalBytes: position };
        }
        if (common < PIECE_BYTES) return { differsAt: null, equalBytes: position };
        if (piece % PIECES_PER_TURN !== 0) continue;
        onProgress?.(position);
        await eventLoopTurn();
        signal?.throwIfAborted();
      }
    } finally {
      fs.closeSync(rightFd);
    }
  } finally {
    fs.closeSync(leftFd);
  }
}
