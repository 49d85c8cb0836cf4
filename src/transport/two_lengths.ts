import { ParasyncError } from "../errors.ts";

/**
 * Whether a request says twice how long its body is. The runtime goes by the chunks; a proxy that went by the
 * other length would take what follows for a body, and here it would be another request (RFC 9112, 6.1).
 *
 * @param request The request.
 */
export function hasTwoLengths({ headers }: Request): boolean {
  return headers.has("transfer-encoding") && headers.has("content-length");
}

/**
 * @param request A request that must say but once how long its body is.
 * @throws {ParasyncError} `bad_request`; the connection must be closed with the answer.
 */
export function requireOneLength(request: Request): void {
  if (!hasTwoLengths(request)) return;
  throw new ParasyncError(
    "bad_request",
    "Cannot take the request: it has both a Content-Length and a Transfer-Encoding",
  );
}
