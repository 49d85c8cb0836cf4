// @ts-types="../types/std_crypto.d.ts"
import { timingSafeEqual } from "@std/crypto/timing-safe-equal";
import { createHash } from "node:crypto";
import { ParasyncError } from "../errors.ts";
import { BYTES_TYPE, FRAMES_TYPE } from "./headers.ts";

/** Who may ask, and under which names. */
export interface AccessRules {
  /** The bearer token that requests must have; undefined where none is needed. */
  readonly token: string | undefined;
  /** Names that the Host header may have, in lower case, without a port. */
  readonly hosts: ReadonlySet<string>;
  /** Whether any numeric address will do: a server that listens on all of them cannot know them. */
  readonly anyAddress: boolean;
}

/** Names that always mean this machine. */
export const LOOPBACK_HOSTS: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];

/** Whether an address to listen on reaches this machine alone. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * Refuses requests that may not be made.
 *
 * Changing requests need a content type that no form of a web page can send, and every request a host name
 * that is ours, lest a page in somebody's browser reach a server on loopback (DNS rebinding).
 *
 * @param request The request.
 * @param rules Who may ask.
 * @throws {ParasyncError} `unauthorized`, `forbidden` or `bad_request`.
 */
export function requireAccess(request: Request, rules: AccessRules): void {
  const host = (request.headers.get("host") ?? "").replace(/:\d+$/, "").toLowerCase();
  // A page that is led astray by DNS comes under a name, never under an address.
  if (!rules.hosts.has(host) && !(rules.anyAddress && isAddress(host))) {
    throw new ParasyncError(
      "forbidden",
      `Cannot serve host ${JSON.stringify(host.slice(0, 100))}: it is not a name of this server ` +
        "(--allowed-host)",
    );
  }
  if (rules.token !== undefined) requireToken(request, rules.token);
  requireNoPage(request);
  if (request.method !== "POST") return;
  const type = (request.headers.get("content-type") ?? "").split(";", 1)[0]!.trim().toLowerCase();
  if (type !== FRAMES_TYPE && type !== BYTES_TYPE) {
    throw new ParasyncError(
      "bad_request",
      `Cannot take the body: its content type must be ${FRAMES_TYPE} or ${BYTES_TYPE}`,
    );
  }
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

function requireToken(request: Request, token: string): void {
  const given = /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  // Digests of equal length are compared, so that neither content nor length shows in the time it takes.
  if (given !== undefined && timingSafeEqual(digestOf(given), digestOf(token))) return;
  throw new ParasyncError(
    "unauthorized",
    given === undefined
      ? "Cannot serve the request: a token is needed (--token-file or PARASYNC_TOKEN)"
      : "Cannot serve the request: the token is not the server's",
  );
}

function digestOf(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
