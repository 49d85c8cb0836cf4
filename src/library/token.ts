import { ParasyncError } from "../errors.ts";

/**
 * @param token A bearer token.
 * @returns The same.
 * @throws {ParasyncError} `usage` for one that cannot travel in a header; the message does not repeat it.
 */
export function requireToken(token: string): string {
  if (/^[\x21-\x7e]{1,4096}$/.test(token)) return token;
  throw new ParasyncError(
    "usage",
    "Cannot use the token: it must be 1 to 4096 printable characters without spaces",
  );
}
