import { ParasyncError } from "../errors.ts";
import { FULL_GRANT, type Grant } from "./grant.ts";
import { BYTES_TYPE, FRAMES_TYPE } from "./headers.ts";
import type { TokenList } from "./token_list.ts";
import type { TokenThrottle } from "./token_throttle.ts";

/** Who may ask, and under which names. */
export interface AccessRules {
  /** The bearer tokens of which requests must have one; undefined where none is needed. */
  readonly tokens: TokenList | undefined;
  /** Slows down who tries tokens. */
  readonly throttle: TokenThrottle;
  /** Names that the Host header may have, in lower case, without a port. */
  readonly hosts: ReadonlySet<string>;
  /** Whether any numeric address will do: a server that listens on all of them cannot know them. */
  readonly anyAddress: boolean;
}

/**
 * Refuses requests that may not be made.
 *
 * Changing requests need a content type that no form of a web page can send, and every request a host name
 * that is ours, lest a page in somebody's browser reach a server on loopback (DNS rebinding).
 *
 * @param request The request.
 * @param rules Who may ask.
 * @param client Whose address it came from.
 * @returns What it may do.
 * @throws {ParasyncError} `unauthorized`, `forbidden`, `bad_request`, or `busy` after too many wrong tokens.
 */
export function requireAccess(request: Request, rules: AccessRules, client: string): Grant {
  const host = (request.headers.get("host") ?? "").replace(/:\d+$/, "").toLowerCase();
  // A page that is led astray by DNS comes under a name, never under an address.
  if (!rules.hosts.has(host) && !(rules.anyAddress && isAddress(host))) {
    throw new ParasyncError(
      "forbidden",
      `Cannot serve host ${JSON.stringify(host.slice(0, 100))}: it is not a name of this server ` +
        "(--allowed-host)",
    );
  }
  // Before the token: else a page could have its visitor's browser send wrong ones, until his own is not taken either.
  requireNoPage(request);
  const grant = grantOf(request, rules, client);
  if (request.method !== "POST") return grant;
  const type = (request.headers.get("content-type") ?? "").split(";", 1)[0]!.trim().toLowerCase();
  if (type !== FRAMES_TYPE && type !== BYTES_TYPE) {
    throw new ParasyncError(
      "bad_request",
      `Cannot take the body: its content type must be ${FRAMES_TYPE} or ${BYTES_TYPE}`,
    );
  }
  return grant;
}

/** A GET may open a session too, and a page can have a browser send one, though it cannot read the answer. */
function requireNoPage({ headers }: Request): void {
  const site = headers.get("sec-fetch-site");
  if (!headers.has("origin") && (site === null || site === "none" || site === "same-origin")) {
    return;
  }
  throw new ParasyncError("forbidden", "Cannot serve the request: it comes from a web page");
}

function isAddress(host: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(host) || /^\[[0-9a-f:.]+\]$/.test(host);
}

function grantOf(request: Request, { tokens, throttle }: AccessRules, client: string): Grant {
  if (tokens === undefined) return FULL_GRANT;
  const given = /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  if (given === undefined) {
    throw new ParasyncError(
      "unauthorized",
      "Cannot serve the request: a token is needed (--token-file or PARASYNC_TOKEN)",
    );
  }
  throttle.require(client);
  const grant = tokens.grantOf(given);
  if (grant !== undefined) return grant;
  throttle.failed(client);
  throw new ParasyncError(
    "unauthorized",
    "Cannot serve the request: the token is not the server's",
  );
}
