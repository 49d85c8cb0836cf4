import { Buffer } from "node:buffer";
import process from "node:process";
import { openLibc } from "../../ffi/libc.ts";
import { fs } from "../node.ts";
import { errnoOf } from "./file_error.ts";

/** More than the files that are read here have. */
const MOST_BYTES = 8192;

/** "No such process", as Linux numbers it. */
const ESRCH = 3;

const encoder = new TextEncoder();

/**
 * Reads a small file of /proc. The runtime opens these only for programs with all permissions; one that may
 * load libraries, as an executable may, reads them through the C library.
 *
 * @param path The file.
 * @returns Its text.
 * @throws The system's or the runtime's error.
 */
export function readProc(path: string): string {
  try {
    return fs.readFileSync(path, "utf8");
  } catch (error) {
    const text = isRefusal(error) ? readByLibc(path) : null;
    if (text !== null) return text;
    // Whether there is such a file may be asked all the same.
    fs.statSync(path);
    throw error;
  }
}

function readByLibc(path: string): string | null {
  const libc = openLibc();
  const fd = libc?.open(encoder.encode(`${path}\0`), 0 /* O_RDONLY */) ?? -1;
  if (libc === null || fd < 0) return null;
  const bytes = Buffer.alloc(MOST_BYTES);
  const length = Number(libc.read(fd, bytes, BigInt(bytes.length)));
  libc.close(fd);
  return length < 0 ? null : bytes.toString("utf8", 0, length);
}

/**
 * Whether there is no process of a number, which a signal tells even where /proc hides other users'.
 *
 * @param pid The number.
 * @returns True only if that is certain.
 */
export function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    if (!isRefusal(error)) return errnoOf(error) === "ESRCH";
  }
  const libc = openLibc();
  if (libc === null || libc.kill(pid, 0) === 0) return false;
  const place = libc.errno();
  return place !== null && new Deno.UnsafePointerView(place).getInt32() === ESRCH;
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.name === "NotCapable";
}
