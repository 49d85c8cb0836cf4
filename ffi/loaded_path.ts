/** Where a shared library that is loaded by name was found. */

/** The functions of the loader that tell, with their C types (dlfcn.h). */
const LOADER_SYMBOLS = {
  /** `void *dlopen(const char *filename, int flags)` */
  dlopen: {
    parameters: [
      "buffer", // const char *filename
      "i32", // int flags
    ],
    result: "pointer", // void *
  },
  /** `int dlinfo(void *handle, int request, void *info)` */
  dlinfo: {
    parameters: [
      "pointer", // void *handle
      "i32", // int request
      "buffer", // void *info
    ],
    result: "i32", // int
  },
  /** `int dlclose(void *handle)` */
  dlclose: {
    parameters: ["pointer"], // void *handle
    result: "i32", // int
  },
} as const satisfies Deno.ForeignLibraryInterface;

const RTLD_LAZY = 1;
const RTLD_NOLOAD = 4;
const RTLD_DI_LINKMAP = 2;

/** Where `l_name` is in a `struct link_map` (link.h): behind `l_addr`. */
const L_NAME = 8;

/** The C library has the loader's functions since glibc 2.34, before that one of its own. */
const NAMES = ["libc.so.6", "libdl.so.2"];

/**
 * The path of a library that is loaded now. The process's own list of what it has loaded, /proc/self/maps, opens
 * only with all permissions.
 *
 * @param name The name it was loaded by.
 * @returns The path; null where it cannot be told, as on systems other than 64-bit Linux.
 */
export function loadedPath(name: string): string | null {
  if (Deno.build.os !== "linux") return null;
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return null;
  for (const library of NAMES) {
    try {
      const loader = Deno.dlopen(library, LOADER_SYMBOLS);
      try {
        return pathBy(loader.symbols, name);
      } finally {
        loader.close();
      }
    } catch {
      // The other one, perhaps.
    }
  }
  return null;
}

type Loader = Deno.DynamicLibrary<typeof LOADER_SYMBOLS>["symbols"];

function pathBy({ dlopen, dlinfo, dlclose }: Loader, name: string): string | null {
  const handle = dlopen(new TextEncoder().encode(`${name}\0`), RTLD_LAZY | RTLD_NOLOAD);
  if (handle === null) return null;
  try {
    const found = new BigUint64Array(1);
    if (dlinfo(handle, RTLD_DI_LINKMAP, found) !== 0) return null;
    const map = Deno.UnsafePointer.create(found[0]!);
    const path = map === null ? null : new Deno.UnsafePointerView(map).getPointer(L_NAME);
    return path === null ? null : Deno.UnsafePointerView.getCString(path) || null;
  } finally {
    dlclose(handle);
  }
}
