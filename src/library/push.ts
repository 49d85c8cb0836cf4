import { abortable } from "./abortable.ts";
import { destinationFrom } from "./destination.ts";
import { pushFile, type PushTask } from "./push_file.ts";
import type { Summary } from "./summary.ts";
import { type SyncOptions, syncTaskFrom } from "./sync_options.ts";
import { requireRate, requireRetries } from "./retry.ts";
import { requireToken } from "./token.ts";

/** How often a push is tried again. */
const DEFAULT_RETRIES = 4;

/** How a file is pushed. */
export interface PushOptions extends SyncOptions {
  /** The server's bearer token, if it needs one. */
  readonly token?: string;
  /** Certificates of authorities to believe beside the usual ones, in PEM, where the URL is https; by default none. */
  readonly authorities?: readonly string[];
  /** The part of the URL's path under which a proxy forwards to the server, such as `/sync`; by default empty. */
  readonly prefix?: string;
  /** Is added to the target's name; by default empty: the file at the URL is replaced. */
  readonly suffix?: string;
  /** How long the server may take to answer, in ms; by default 10 s. */
  readonly connectTimeout?: number;
  /** How long the whole sync may take, with all retries, in ms; by default for ever. */
  readonly timeout?: number;
  /**
   * How often it is tried again when the server cannot be reached, is busy, or the connection breaks; by default 4
   * times. `onWarning` is told of each.
   */
  readonly retries?: number;
  /** Bytes a second that are sent at most; by default as many as go. */
  readonly bwlimit?: number;
}

/**
 * Brings the file at a URL up to date with a new file of this machine, sending only what changed. A file that is not
 * there yet is created.
 *
 * @param newFile The new file; a link is followed.
 * @param url Where the old one is, for example `http://host:19876/folder/disk.img`: the path, percent-decoded once,
 * is its name under the server's root. With `https` the server must prove
 * that it has that name.
 * @param options How to push.
 * @returns What the sync did. The new file is in its place then, verified.
 * @throws {ParasyncError} What kept it from being done; the old file is as it was. `connection` and
 * `connect_timeout` where the server cannot be reached, `unauthorized` without its token, `not_found` without the new
 * file; the other codes are those of {@linkcode FAILURES}.
 *
 * @example
 * ```ts
 * import { push, serve } from "@parasync/parasync";
 * import assert from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * await Deno.mkdir(`${folder}/images`);
 * await Deno.writeTextFile(`${folder}/images/disk.img`, "the old content");
 * await Deno.writeTextFile(`${folder}/disk.img`, "the new content");
 * await using server = await serve({ root: `${folder}/images`, port: 0 });
 *
 * const summary = await push(`${folder}/disk.img`, `${server.url}/disk.img`, {
 *   onProgress: ({ end, stage, doneBytes }) => void `${end} ${stage}: ${doneBytes} bytes`,
 *   signal: AbortSignal.timeout(60_000),
 * });
 *
 * assert(summary.verified && summary.newBytes === 15);
 * assert(await Deno.readTextFile(`${folder}/images/disk.img`) === "the new content");
 * ```
 */
export async function push(
  newFile: string,
  url: string | URL,
  options: PushOptions = {},
): Promise<Summary> {
  return await abortable(
    options.signal,
    (signal) => pushFile(pushTaskFrom(newFile, String(url), options, signal)),
  );
}

/**
 * What a program asks for.
 *
 * @param newFile The new file.
 * @param url Where the old one is.
 * @param options How to push.
 * @param signal Stops it.
 * @throws {ParasyncError} `usage` for what is out of range, or no URL of a file at a server.
 */
export function pushTaskFrom(
  newFile: string,
  url: string,
  options: PushOptions,
  signal: AbortSignal,
): PushTask {
  const { token } = options;
  return {
    ...syncTaskFrom(options, signal),
    newFile,
    destination: destinationFrom(url, options.prefix ?? ""),
    suffix: options.suffix ?? "",
    token: token === undefined ? undefined : requireToken(token),
    authorities: options.authorities ?? [],
    connectMs: options.connectTimeout ?? 10_000,
    timeoutMs: options.timeout,
    retries: requireRetries(options.retries ?? DEFAULT_RETRIES),
    onRetry: (line) => options.onWarning?.(line),
    bytesPerSecond: requireRate(options.bwlimit),
  };
}
