import fs from "node:fs";
import { join, resolve } from "node:path";
import { SCHEME_NAMES } from "../../src/schemes/scheme_name.ts";

/** Where the executables are that `compile.sh` made; named by who wants them tested. */
const DIST = Deno.env.get("PARASYNC_DIST") ?? "";

/** Why tests of executables are skipped; empty where they run. */
export const COMPILED_ONLY: string = DIST === ""
  ? " [skipped: PARASYNC_DIST names no folder of executables]"
  : "";

/** The original's names, each a link beside the executables. */
export const ORIGINAL_NAMES: readonly string[] = SCHEME_NAMES.flatMap((scheme) =>
  ["http_server", "http_client", "test"].map((ending) => `${scheme}_${ending}`)
);

/** Where an executable is, or a link to one. */
export function executable(name: string): string {
  return join(resolve(DIST), name);
}

/**
 * Copies an executable.
 *
 * @param name Its name.
 * @param folder Where to; made, and open to everybody.
 * @param called The copy's name.
 * @returns Where the copy is.
 */
export function copyExecutable(name: string, folder: string, called = name): string {
  fs.mkdirSync(folder, { recursive: true });
  fs.chmodSync(folder, 0o755);
  const copy = join(folder, called);
  fs.copyFileSync(executable(name), copy, fs.constants.COPYFILE_FICLONE);
  fs.chmodSync(copy, 0o755);
  return copy;
}
