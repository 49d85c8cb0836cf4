import { ParasyncError } from "../errors.ts";
import { fs } from "../node.ts";
import { asFileError, displayName } from "./file_error.ts";

/** One transfer between memory and a position in a file; may move fewer bytes than asked. */
export type Transfer = (
  fd: number,
  memory: Uint8Array,
  at: number,
  length: number,
  position: number,
) => number;

/** A {@linkcode Transfer} that does not block the event loop. */
export type AsyncTransfer = (...of: Parameters<Transfer>) => Promise<number>;

const systemRead: Transfer = (fd, memory, at, length, position) =>
  fs.readSync(fd, memory, at, length, position);

const systemWrite: Transfer = (fd, memory, at, length, position) =>
  fs.writeSync(fd, memory, at, length, position);

const systemWriteAsync: AsyncTransfer = (fd, memory, at, length, position) =>
  new Promise((resolve, reject) => {
    fs.write(fd, memory, at, length, position, (error, moved) => {
      if (error) reject(error);
      else resolve(moved);
    });
  });

/**
 * Reads exactly `length` bytes at `position`, however many calls it takes.
 *
 * @param fd An open descriptor of this thread.
 * @param into Where the bytes go; may view shared or WebAssembly memory.
 * @param at First byte of `into` to fill.
 * @param length Bytes to read.
 * @param position Offset in the file, in bytes.
 * @param name The file's name for messages.
 * @param read The transfer to repeat; a test may hand in a faulty one.
 * @throws {ParasyncError} "changed" when the file ends too early; what {@linkcode asFileError} gives else.
 */
export function readFully(
  fd: number,
  into: Uint8Array,
  at: number,
  length: number,
  position: number,
  name = "the file",
  read: Transfer = systemRead,
): void {
  requireRange(into, at, length, position);
  let done = 0;
  while (done < length) {
    let moved: number;
    try {
      moved = read(fd, into, at + done, length - done, position + done);
    } catch (error) {
      throw asFileError(error, "read", name);
    }
    if (moved <= 0) throw becameShorter(name);
    done += moved;
  }
}

/**
 * Writes exactly `length` bytes at `position`, however many calls it takes.
 *
 * @param fd An open descriptor of this thread.
 * @param from Where the bytes are; may view shared or WebAssembly memory.
 * @param at First byte of `from` to write.
 * @param length Bytes to write.
 * @param position Offset in the file, in bytes.
 * @param name The file's name for messages.
 * @param write The transfer to repeat; a test may hand in a faulty one.
 * @throws {ParasyncError} "no_space" when the file system is full; what {@linkcode asFileError} gives else.
 */
export function writeFully(
  fd: number,
  from: Uint8Array,
  at: number,
  length: number,
  position: number,
  name = "the file",
  write: Transfer = systemWrite,
): void {
  requireRange(from, at, length, position);
  let done = 0;
  while (done < length) {
    let moved: number;
    try {
      moved = write(fd, from, at + done, length - done, position + done);
    } catch (error) {
      throw asFileError(error, "write", name);
    }
    if (moved <= 0) throw wroteNothing(name);
    done += moved;
  }
}

/**
 * {@linkcode writeFully} without blocking the event loop, for a thread that also answers requests.
 *
 * One operation at a time on one descriptor: Deno 2.4 carries out a positional call as a seek and a
 * transfer, so that two of them under way on one descriptor write to each other's places.
 *
 * @param fd An open descriptor of this thread, on which nothing else is under way.
 * @param from Where the bytes are; they must not change until the promise settles.
 * @param at First byte of `from` to write.
 * @param length Bytes to write.
 * @param position Offset in the file, in bytes.
 * @param name The file's name for messages.
 * @param write The transfer to repeat; a test may hand in a faulty one.
 * @throws {ParasyncError} As {@linkcode writeFully}.
 */
export async function writeFullyAsync(
  fd: number,
  from: Uint8Array,
  at: number,
  length: number,
  position: number,
  name = "the file",
  write: AsyncTransfer = systemWriteAsync,
): Promise<void> {
  requireRange(from, at, length, position);
  let done = 0;
  while (done < length) {
    let moved: number;
    try {
      moved = await write(fd, from, at + done, length - done, position + done);
    } catch (error) {
      throw asFileError(error, "write", name);
    }
    if (moved <= 0) throw wroteNothing(name);
    done += moved;
  }
}

function becameShorter(name: string): ParasyncError {
  const file = displayName(name);
  return new ParasyncError("changed", `Cannot read ${file}: it became shorter while being read`);
}

function wroteNothing(name: string): ParasyncError {
  const file = displayName(name);
  return new ParasyncError("file_io", `Cannot write ${file}: the system takes no more bytes`);
}

function requireRange(memory: Uint8Array, at: number, length: number, position: number): void {
  const whole = Number.isSafeInteger(at) && Number.isSafeInteger(length) &&
    Number.isSafeInteger(position) && Number.isSafeInteger(position + length);
  if (!whole || at < 0 || length < 0 || position < 0 || at + length > memory.length) {
    throw new RangeError(
      `Cannot transfer ${length} bytes at ${at} to or from ${position}: outside the memory or the file`,
    );
  }
}
