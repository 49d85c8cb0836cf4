import { ParasyncError } from "../errors.ts";
import { asFileError, displayName } from "../files/file_error.ts";
import { requireToken } from "../library/token.ts";
import { FULL_GRANT } from "../transport/grant.ts";
import { readTokenLines, type TokenEntry } from "../transport/token_lines.ts";

const VARIABLE = "PARASYNC_TOKEN";

/**
 * The tokens that open a server: those of a file that its owner alone can read, or the one in PARASYNC_TOKEN.
 *
 * @param file The file, if one was named.
 * @param env Reads the environment.
 * @returns The tokens, and what each is for; none where there is none.
 * @throws {ParasyncError} `file_selection` where the file cannot be read or others can read it, `usage` for
 * a token that cannot travel in a header, or a line that cannot be read.
 */
export function readTokens(
  file: string | undefined,
  env: (name: string) => string | undefined,
): readonly TokenEntry[] {
  if (file !== undefined) return readTokenFile(file);
  const token = env(VARIABLE);
  if (token === undefined) return [];
  // What was to make it has failed: a server would be open that is meant not to be.
  if (token === "") {
    throw new ParasyncError(
      "usage",
      `Cannot use ${VARIABLE}: it is empty; unset it if there is none`,
    );
  }
  return [{ token: requireToken(token), grant: { ...FULL_GRANT, name: VARIABLE } }];
}

/**
 * The token that a client sends: the first of those that a server with this file would take.
 *
 * @param file The file, if one was named.
 * @param env Reads the environment.
 * @returns The token; undefined where there is none.
 * @throws {ParasyncError} As {@linkcode readTokens}.
 */
export function readToken(
  file: string | undefined,
  env: (name: string) => string | undefined,
): string | undefined {
  if (file === undefined && env(VARIABLE) === "") return undefined;
  return readTokens(file, env)[0]?.token;
}

function readTokenFile(file: string): readonly TokenEntry[] {
  let text: string;
  try {
    const mode = Deno.statSync(file).mode ?? 0;
    if (Deno.build.os !== "windows" && (mode & 0o077) !== 0) {
      throw new ParasyncError(
        "file_selection",
        `Cannot use token file ${displayName(file)}: others can read it; chmod 600 it`,
      );
    }
    text = Deno.readTextFileSync(file);
  } catch (error) {
    throw asFileError(error, "read token file", file);
  }
  const read = readTokenLines(text);
  if ("problem" in read) {
    throw new ParasyncError(
      "usage",
      `Cannot use token file ${displayName(file)}: line ${read.line}: ${read.problem}`,
    );
  }
  if (read.length > 0) return read;
  throw new ParasyncError("usage", `Cannot use token file ${displayName(file)}: it is empty`);
}
