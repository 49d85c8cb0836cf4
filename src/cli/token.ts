import { ParasyncError } from "../errors.ts";
import { asFileError } from "../files/file_error.ts";
import { requireToken } from "../library/token.ts";

const VARIABLE = "PARASYNC_TOKEN";

/**
 * The bearer token: the first line of a file that its owner alone can read, or PARASYNC_TOKEN.
 *
 * @param file The file, if one was named.
 * @param env Reads the environment.
 * @returns The token; undefined where there is none.
 * @throws {ParasyncError} `file_selection` where the file cannot be read or others can read it, `usage` for
 * a token that cannot travel in a header.
 */
export function readToken(
  file: string | undefined,
  env: (name: string) => string | undefined,
): string | undefined {
  const token = file === undefined ? env(VARIABLE) : readTokenFile(file);
  if (token === undefined || token === "") {
    if (file === undefined) return undefined;
    throw new ParasyncError("usage", `Cannot use token file ${JSON.stringify(file)}: it is empty`);
  }
  return requireToken(token);
}

function readTokenFile(file: string): string {
  try {
    const mode = Deno.statSync(file).mode ?? 0;
    if (Deno.build.os !== "windows" && (mode & 0o077) !== 0) {
      throw new ParasyncError(
        "file_selection",
        `Cannot use token file ${JSON.stringify(file)}: others can read it; chmod 600 it`,
      );
    }
    return Deno.readTextFileSync(file).split(/\r?\n/, 1)[0]!.trim();
  } catch (error) {
    throw asFileError(error, "read token file", file);
  }
}
