/** The C library, for what the runtime does not offer. */

/** The functions taken from it, with their C types (fcntl.h, unistd.h, signal.h, errno.h). */
const LIBC_SYMBOLS = {
  /** `int open(const char *path, int flags)` */
  open: {
    parameters: [
      "buffer", // const char *path
      "i32", // int flags
    ],
    result: "i32", // int
  },
  /** `ssize_t read(int fd, void *buf, size_t count)` */
  read: {
    parameters: [
      "i32", // int fd
      "buffer", // void *buf
      "usize", // size_t count
    ],
    result: "isize", // ssize_t
  },
  /** `int kill(pid_t pid, int sig)` */
  kill: {
    parameters: [
      "i32", // pid_t pid
      "i32", // int sig
    ],
    result: "i32", // int
  },
  /** `int *__errno_location(void)`: where this thread's errno is, to be read right after the call that failed */
  errno: {
    name: "__errno_location",
    parameters: [],
    result: "pointer", // int *
  },
  /** `int fallocate(int fd, int mode, off_t offset, off_t len)` */
  fallocate: {
    parameters: [
      "i32", // int fd
      "i32", // int mode
      "i64", // off_t offset
      "i64", // off_t len
    ],
    result: "i32", // int
  },
  /** `int close(int fd)` */
  close: {
    parameters: ["i32"], // int fd
    result: "i32", // int
  },
} as const satisfies Deno.ForeignLibraryInterface;

/** An opened C library. */
export type Libc = Deno.DynamicLibrary<typeof LIBC_SYMBOLS>["symbols"];

const NAMES = ["libc.so.6", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"];

let libc: Libc | null | undefined;

/**
 * Opens the C library of a 64-bit Linux, once.
 *
 * @returns Its functions, or null where it cannot be had or this program may not load libraries.
 */
export function openLibc(): Libc | null {
  return libc ??= load();
}

function load(): Libc | null {
  if (Deno.build.os !== "linux") return null;
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return null;
  for (const name of NAMES) {
    try {
      return Deno.dlopen(name, LIBC_SYMBOLS).symbols;
    } catch {
      // Another C library, perhaps.
    }
  }
  return null;
}
