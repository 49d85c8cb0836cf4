import { Buffer } from "node:buffer";

/** What a person looks at or a monitor reads, and nothing that opens a session: see {@linkcode withBearer}. */
export const PAGES: ReadonlySet<string> = new Set(["/", "/status.json", "/metrics"]);

/**
 * A request for one of {@linkcode PAGES} with the password of Basic credentials in the place of a bearer token: a
 * browser can be asked for the one and cannot be given the other.
 *
 * A browser sends such credentials by itself from then on, whoever made it send the request. That is why they are
 * taken here alone, where nothing is changed, begun or readable from another page.
 *
 * @param request The request.
 * @returns It, or one with the same headers but that.
 */
export function withBearer(request: Request): Request {
  const given = /^Basic +([A-Za-z0-9+/]+=*)$/i.exec(request.headers.get("authorization") ?? "")
    ?.[1];
  if (given === undefined) return request;
  const text = Buffer.from(given, "base64").toString("utf8");
  const password = text.slice(text.indexOf(":") + 1);
  const headers = new Headers(request.headers);
  // What no header can hold is no token either.
  if (/^[\x21-\x7e]+$/.test(password)) headers.set("authorization", `Bearer ${password}`);
  return new Request(request, { headers });
}

/** Has a browser ask for a name, which may be anything, and a password, which is the token. */
export function inviteBasic({ headers }: Response): void {
  headers.append("www-authenticate", 'Basic realm="parasync", charset="UTF-8"');
}
