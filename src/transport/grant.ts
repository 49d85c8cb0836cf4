import { relative, sep } from "node:path";
import { ParasyncError } from "../errors.ts";
import type { Location } from "../files/location.ts";
import { displayName } from "../files/file_error.ts";

/** What a client may do. */
export interface Grant {
  /** What logs call its token; empty where none is needed. */
  readonly name: string;
  /** Whether it may look, and change nothing. */
  readonly readOnly: boolean;
  /** The folder under the root, or the one file there, that it may name, by its components; empty: everything. */
  readonly within: readonly string[];
}

/** What everybody may where no token is needed. */
export const FULL_GRANT: Grant = { name: "", readOnly: false, within: [] };

/**
 * Makes sure that a grant has a file in it, before anything is said of whether it exists.
 *
 * @param grant What the client may do.
 * @param name The file's name as it was asked for, percent-decoded.
 * @throws {ParasyncError} `forbidden`.
 */
export function requireNamed({ within }: Grant, name: string): void {
  if (within.length === 0) return;
  const components = name.split(/[\\/]/).filter((part) => part !== "" && part !== ".");
  if (components.includes("..") || !begins(components, within)) throw outside(name);
}

/**
 * The same for where a name has led: a link may lead out of what the name begins with.
 *
 * @param grant What the client may do.
 * @param root The root, a real path.
 * @param location Where the file is.
 * @throws {ParasyncError} `forbidden`.
 */
export function requireLocated({ within }: Grant, root: string, location: Location): void {
  if (within.length === 0) return;
  if (!begins(relative(root, location.path).split(sep), within)) throw outside(location.name);
}

/**
 * Makes sure that a client may change something.
 *
 * @param grant What it may do.
 * @throws {ParasyncError} `forbidden`.
 */
export function requireWritable({ readOnly }: Grant): void {
  if (!readOnly) return;
  throw new ParasyncError("forbidden", "Cannot change anything: the token is one to look with");
}

/**
 * Makes sure that a client may see what goes on with all files.
 *
 * @param grant What it may do.
 * @throws {ParasyncError} `forbidden`.
 */
export function requireWhole({ within }: Grant): void {
  if (within.length === 0) return;
  throw new ParasyncError("forbidden", "Cannot show this: the token is one for some files only");
}

function begins(components: readonly string[], within: readonly string[]): boolean {
  return within.every((component, place) => components[place] === component);
}

function outside(name: string): ParasyncError {
  return new ParasyncError(
    "forbidden",
    `Cannot use ${displayName(name)}: the token is one for other files`,
  );
}
