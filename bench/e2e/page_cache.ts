/** What the system keeps of files in memory. */
import fs from "node:fs";

const LIBRARIES = ["libc.so.6", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"];
/** POSIX_FADV_DONTNEED, the same on x86-64 and AArch64. */
const DONT_NEED = 4;
/** O_RDONLY. */
const READ_ONLY = 0;

/** The functions of the C library that this takes: its descriptors are not those of `node:fs` in every Deno. */
const SYMBOLS = {
  open: { parameters: ["buffer", "i32"], result: "i32" },
  posix_fadvise: { parameters: ["i32", "i64", "i64", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
} as const;

let library: Deno.DynamicLibrary<typeof SYMBOLS> | null | undefined;

/** Whether {@linkcode forgetFiles} can do its work here. */
export function canForgetFiles(): boolean {
  if (library === undefined) library = openLibrary();
  return library !== null;
}

/**
 * Drops files from the page cache, so that they are read from the disk again; programs and libraries stay in it.
 *
 * @param paths The files; what of them is not on the disk yet is written first.
 * @throws {Error} Where the system does not do it.
 */
export function forgetFiles(paths: readonly string[]): void {
  for (const path of paths) {
    const descriptor = fs.openSync(path, "r+");
    fs.fdatasyncSync(descriptor);
    fs.closeSync(descriptor);
    if (!canForgetFiles()) throw new Error(`Cannot drop ${path} from the page cache: no C library`);
    const { open, posix_fadvise: advise, close } = library!.symbols;
    const fd = open(new TextEncoder().encode(`${path}\0`), READ_ONLY);
    const failed = fd < 0 || advise(fd, 0n, 0n, DONT_NEED) !== 0;
    if (fd >= 0) close(fd);
    if (failed) throw new Error(`Cannot drop ${path} from the page cache: the system refuses`);
  }
}

function openLibrary(): Deno.DynamicLibrary<typeof SYMBOLS> | null {
  if (Deno.build.os !== "linux") return null;
  for (const name of LIBRARIES) {
    try {
      return Deno.dlopen(name, SYMBOLS);
    } catch {
      // Another C library, or none that may be loaded.
    }
  }
  return null;
}
