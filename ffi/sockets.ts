/** The C library's functions for a program's own connections, on Linux; no logic. */

/** With their C types (sys/socket.h, fcntl.h, dirent.h, unistd.h). */
const SOCKET_SYMBOLS = {
  /** `int open(const char *path, int flags)` */
  open: {
    parameters: [
      "buffer", // const char *path
      "i32", // int flags
    ],
    result: "i32", // int
  },
  /** `ssize_t getdents64(int fd, void *dirp, size_t count)` */
  getdents64: {
    parameters: [
      "i32", // int fd
      "buffer", // void *dirp
      "usize", // size_t count
    ],
    result: "isize", // ssize_t
  },
  /** `int close(int fd)` */
  close: {
    parameters: ["i32"], // int fd
    result: "i32", // int
  },
  /** `int getsockname(int fd, struct sockaddr *address, socklen_t *length)` */
  getsockname: {
    parameters: [
      "i32", // int fd
      "buffer", // struct sockaddr *address
      "buffer", // socklen_t *length
    ],
    result: "i32", // int
  },
  /** `int getpeername(int fd, struct sockaddr *address, socklen_t *length)` */
  getpeername: {
    parameters: [
      "i32", // int fd
      "buffer", // struct sockaddr *address
      "buffer", // socklen_t *length
    ],
    result: "i32", // int
  },
  /** `int shutdown(int fd, int how)` */
  shutdown: {
    parameters: [
      "i32", // int fd
      "i32", // int how
    ],
    result: "i32", // int
  },
} as const satisfies Deno.ForeignLibraryInterface;

/** The functions. */
export type SocketLibrary = Deno.DynamicLibrary<typeof SOCKET_SYMBOLS>["symbols"];

const NAMES = ["libc.so.6", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"];

let library: SocketLibrary | null | undefined;

/**
 * Opens them, once.
 *
 * @returns The functions, or null where they cannot be had or this program may not load libraries.
 */
export function openSockets(): SocketLibrary | null {
  if (library === undefined) library = load();
  return library;
}

function load(): SocketLibrary | null {
  if (Deno.build.os !== "linux") return null;
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return null;
  for (const name of NAMES) {
    try {
      return Deno.dlopen(name, SOCKET_SYMBOLS).symbols;
    } catch {
      // Another C library, perhaps.
    }
  }
  return null;
}
