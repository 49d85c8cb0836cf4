import { isAbsolute, join, resolve } from "node:path";
import { ParasyncError } from "../errors.ts";

/** Where stored checksums are kept: in one folder, beside each file, or nowhere. */
export type StoreChoice =
  | { readonly kind: "cache"; readonly directory: string }
  | { readonly kind: "beside" }
  | { readonly kind: "off" };

/**
 * Reads where stored checksums are to be kept.
 *
 * @param text "cache" for this user's cache folder, "beside", "off", or a folder. "cache" is "off" where the
 * environment names neither a cache folder (XDG_CACHE_HOME) nor a home.
 * @param env Reads one environment variable.
 * @returns The choice; its folder need not exist yet.
 * @throws {ParasyncError} "usage" for an empty text.
 */
export function storeChoice(
  text: string,
  env: (name: string) => string | undefined,
): StoreChoice {
  if (text === "") {
    throw new ParasyncError("usage", "Cannot keep checksums: the folder's name is empty");
  }
  if (text === "off" || text === "beside") return { kind: text };
  if (text !== "cache") return { kind: "cache", directory: resolve(text) };
  const cache = cacheFolder(env);
  if (cache === undefined) return { kind: "off" };
  return { kind: "cache", directory: join(cache, "parasync", "checksums") };
}

function cacheFolder(env: (name: string) => string | undefined): string | undefined {
  const named = env("XDG_CACHE_HOME");
  // The XDG base directory specification has relative paths ignored.
  if (named !== undefined && isAbsolute(named)) return named;
  const home = env("HOME");
  return home !== undefined && isAbsolute(home) ? join(home, ".cache") : undefined;
}
