/** Which hardware libraries there are on this machine, each by itself. */
import { openBlake3 } from "../../ffi/blake3.ts";
import { openIsal } from "../../ffi/isal.ts";
import type { MissingLibrary } from "../../ffi/library.ts";
import { loadedPath } from "../../ffi/loaded_path.ts";

/** A library that was looked for. */
export interface LookedFor {
  /** Its name for people. */
  readonly title: "ISA-L" | "BLAKE3";
  /** The name that it was loaded by, or null where there is none. */
  readonly name: string | null;
  /** Its path, or null where that cannot be told. */
  readonly path: string | null;
  /** Why there is none and what to install, a line; empty where there is one. */
  readonly missing: string;
}

/**
 * Looks for both libraries as {@linkcode openNative} does, and lets go of them again.
 *
 * @returns ISA-L, then BLAKE3.
 */
export function lookForLibraries(): readonly LookedFor[] {
  return [lookedFor("ISA-L", openIsal()), lookedFor("BLAKE3", openBlake3())];
}

function lookedFor(
  title: LookedFor["title"],
  library: MissingLibrary | { readonly name: string; close(): void },
): LookedFor {
  if ("missing" in library) return { title, name: null, path: null, missing: library.missing };
  const { name } = library;
  const path = loadedPath(name);
  library.close();
  return { title, name, path, missing: "" };
}
