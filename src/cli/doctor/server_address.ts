import { ParasyncError } from "../../errors.ts";

/** A server to be asked. */
export interface ServerAddress {
  /** The server, with the path before its endpoints; without a slash at the end. */
  readonly base: string;
  readonly host: string;
  /** Whether it is on this machine. */
  readonly loopback: boolean;
  /** Whether the connection is encrypted. */
  readonly secure: boolean;
  /** Whether the URL says at which port. */
  readonly portGiven: boolean;
}

/**
 * The server that a URL leads to. The URL may be that of a file, as `push` takes it.
 *
 * @param text The URL.
 * @param prefix What every path at the server begins with; empty where there is nothing.
 * @throws {ParasyncError} `usage` for what is no URL of a server.
 */
export function serverAddress(text: string, prefix: string): ServerAddress {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw refused(text, "it is not a URL such as http://host:19876");
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") throw refused(text, "it is not http");
  if (url.username !== "" || url.password !== "") {
    throw refused(text, "it holds a password; use a token (--token-file)");
  }
  return {
    base: url.origin + prefix,
    host: url.hostname,
    loopback: /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname),
    secure: url.protocol === "https:",
    portGiven: url.port !== "",
  };
}

function refused(text: string, reason: string): ParasyncError {
  // A password must not be repeated.
  const shown = JSON.stringify(text.replace(/\/\/[^/]*@/, "//…@"));
  return new ParasyncError("usage", `Cannot examine ${shown}: ${reason}`);
}
