import { ParasyncError } from "../errors.ts";

/** A file at a server. */
export interface Destination {
  /** The server, with the path before its endpoints; without a slash at the end. */
  readonly base: string;
  /** The file's name under the server's root. */
  readonly name: string;
}

/**
 * What a URL stands for: its path, percent-decoded once, names a file under the server's root.
 *
 * @param text The URL.
 * @param prefix What its path begins with before that name; empty where there is nothing.
 * @returns The server and the name.
 * @throws {ParasyncError} `usage` for what is no URL of a file at a server.
 */
export function destinationFrom(text: string, prefix: string): Destination {
  let url: URL;
  let path: string;
  try {
    url = new URL(text);
    path = decodeURIComponent(url.pathname);
  } catch {
    throw refused(text, "it is not a URL such as http://host:19876/folder/file");
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") throw refused(text, "it is not http");
  if (url.username !== "" || url.password !== "") {
    throw refused(text, "it holds a password; use a token (--token-file)");
  }
  if (url.search !== "" || url.hash !== "") {
    throw refused(text, "it has a query or fragment; write ? as %3F and # as %23");
  }
  if (!path.startsWith(`${prefix}/`)) throw refused(text, `its path is not below ${prefix}`);
  const name = path.slice(prefix.length + 1);
  if (name === "" || name.endsWith("/")) throw refused(text, "its path names no file");
  return { base: url.origin + prefix, name };
}

function refused(text: string, reason: string): ParasyncError {
  return new ParasyncError("usage", `Cannot push to ${JSON.stringify(text)}: ${reason}`);
}
