import type { StoreChoice } from "../files/store_choice.ts";
import type { HardwareChoice } from "../hashing/backend.ts";
import { SCHEME_NAMES, type SchemeName } from "../schemes/scheme_name.ts";
import { createLogger, type LogFormat, type LogLevel } from "../telemetry/log.ts";
import { serveRoot, type ServeTask } from "./serve_root.ts";
import { cores, requireThreads } from "./threads.ts";
import { FULL_GRANT } from "../transport/grant.ts";
import type { TlsIdentity } from "../transport/tls_identity.ts";
import { requireToken } from "./token.ts";

/** How a folder is served. Every option has the meaning and the default of the flag of its name. */
export interface ServeOptions {
  /** The folder; nothing outside it is read or written. By default the working directory. */
  readonly root?: string;
  /** The address to listen on; any but a loopback one needs a token. By default `127.0.0.1`. */
  readonly host?: string;
  /** The port to listen on; 0 is any free one. By default 19876. */
  readonly port?: number;
  /** The bearer token that clients must have; by default none is needed. */
  readonly token?: string;
  /** The certificate and its private key, both in PEM; by default the server speaks plain HTTP. */
  readonly tls?: TlsIdentity;
  /** Proxies, as addresses or networks, whose word on where requests come from is taken; by default none. */
  readonly trustedProxies?: readonly string[];
  /** Listen on an address that is not loopback without a token; by default not. */
  readonly insecureNoAuth?: boolean;
  /** The path under which a proxy forwards to the server, such as `/sync`; by default empty. */
  readonly prefix?: string;
  /** Host names that requests may be addressed to, beside the loopback and listening ones. */
  readonly allowedHosts?: readonly string[];
  /** The schemes that are served; by default all. */
  readonly schemes?: readonly SchemeName[];
  /** The most threads at work on a file; by default as many as there are cores. */
  readonly threads?: number;
  /** Checksums by native libraries: never, or where clients ask for them; by default `auto`. */
  readonly hw?: HardwareChoice;
  /** Whether a result is on the disk before its client is told; by default it is. */
  readonly fsync?: boolean;
  /** Where skysync_f and skysync_c keep checksums; by default `off`. */
  readonly store?: StoreChoice;
  /** Bytes of the largest file; by default 1 TiB. */
  readonly maxFileSize?: number;
  /** Bytes of the longest request body; by default 1 TiB. */
  readonly maxBody?: number;
  /** Sessions remembered at once; by default 1,024. */
  readonly maxSessions?: number;
  /** Syncs at work at once, others wait; by default 16. */
  readonly maxConcurrent?: number;
  /** Syncs that wait at most, others are told to come again; by default 64. */
  readonly maxQueue?: number;
  /** How long one of them waits before it is told to come again, in ms; by default 5 s. */
  readonly queueTimeout?: number;
  /** Connections at once; by default 1,024. */
  readonly maxConnections?: number;
  /** How long a connection may take to send the head of its first request, in ms; by default 15 s. */
  readonly headerTimeout?: number;
  /** How long a peer may send and take nothing, in ms; by default 60 s. */
  readonly idleTimeout?: number;
  /** In what time a body must bring a KiB or come to its end, in ms; by default 10 minutes. */
  readonly stallTimeout?: number;
  /** Whether what an interrupted push has brought is kept for the next one; by default it is, for 48 hours. */
  readonly keepPartial?: boolean;
  /**
   * A folder in the root for files that are not complete yet, in the file system of the targets; by default each lies
   * beside its target.
   */
  readonly partialDir?: string;
  /** How long an unused session is remembered, in ms; by default 15 minutes. */
  readonly sessionTtl?: number;
  /** Closes the server, as {@linkcode Server.close} does. */
  readonly signal?: AbortSignal;
  /** Takes what the server logs, a line at a time, with its line feed; by default nobody does. */
  readonly onLog?: (line: string) => void;
  /** The least grave messages to log; by default `info`. */
  readonly logLevel?: LogLevel;
  /** Log lines for people, the default, or JSON for machines. */
  readonly logFormat?: LogFormat;
  /** Whether every request has a line in the log; by default it has. */
  readonly accessLog?: boolean;
}

/** A server that listens. */
export interface Server extends AsyncDisposable {
  /** The real path of the folder. */
  readonly root: string;
  /** Where it listens. */
  readonly address: { readonly hostname: string; readonly port: number };
  /** What a file's name is put behind, with a slash between, to push to it. */
  readonly url: string;
  /** Resolves when it has stopped. */
  readonly finished: Promise<void>;
  /**
   * Takes no more requests, gives those at work ten seconds to end, then breaks them off. Targets that are not
   * committed by then are as they were.
   */
  close(): Promise<void>;
}

/**
 * Serves a folder: holds the old files, and takes the new ones in. It goes on until it is closed.
 *
 * @param options What to serve and how.
 * @returns The server, which listens.
 * @throws {ParasyncError} `usage` for an address that needs a token, `connection` where it cannot be listened on, or
 * what keeps the folder from being served.
 *
 * @example
 * ```ts
 * import { serve } from "@parasync/parasync";
 * import assert from "node:assert/strict";
 *
 * const root = await Deno.makeTempDir();
 * const lines: string[] = [];
 * const server = await serve({
 *   root,
 *   port: 0,
 *   token: "eW91ciBvd24gdG9rZW4K",
 *   onLog: (line) => lines.push(line),
 * });
 *
 * const answer = await fetch(`${server.url}/healthz`);
 * assert(await answer.text() === "ok\n");
 *
 * await server.close();
 * ```
 */
// A promise, so that all failures come the same way.
// deno-lint-ignore require-await
export async function serve(options: ServeOptions = {}): Promise<Server> {
  const { signal } = options;
  signal?.throwIfAborted();
  const served = serveRoot(serveTaskFrom(options));
  const { promise: finished, resolve } = Promise.withResolvers<void>();
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    signal?.removeEventListener("abort", close);
    // Not when the runtime is done with the last connection: one that is kept open for nothing may stay for long.
    return closing ??= served.stop().finally(resolve);
  };
  signal?.addEventListener("abort", close);
  served.finished.then(close);
  return {
    root: served.root,
    address: served.address,
    url: served.url,
    finished,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * What a program's options ask for.
 *
 * @param options The options.
 * @throws {ParasyncError} `usage` for what is out of range.
 */
export function serveTaskFrom(options: ServeOptions): ServeTask {
  const { token, onLog } = options;
  return {
    root: options.root ?? ".",
    host: options.host ?? "127.0.0.1",
    port: options.port ?? 19876,
    tokens: token === undefined ? [] : [{ token: requireToken(token), grant: FULL_GRANT }],
    tls: options.tls,
    trustedProxies: options.trustedProxies ?? [],
    insecureNoAuth: options.insecureNoAuth ?? false,
    prefix: options.prefix ?? "",
    allowedHosts: options.allowedHosts ?? [],
    schemes: options.schemes ?? SCHEME_NAMES,
    hw: options.hw ?? "auto",
    fsync: options.fsync ?? true,
    store: options.store ?? { kind: "off" },
    keepPartial: options.keepPartial ?? true,
    partialDir: options.partialDir ?? "",
    limits: {
      maxFileBytes: options.maxFileSize ?? 2 ** 40,
      maxBodyBytes: options.maxBody ?? 2 ** 40,
      maxSessions: options.maxSessions ?? 1024,
      maxConcurrent: options.maxConcurrent ?? 16,
      maxQueue: options.maxQueue ?? 64,
      queueMs: options.queueTimeout ?? 5_000,
      maxConnections: options.maxConnections ?? 1024,
      maxThreads: requireThreads(options.threads ?? cores()),
      headerMs: options.headerTimeout ?? 15_000,
      idleMs: options.idleTimeout ?? 60_000,
      stallMs: options.stallTimeout ?? 10 * 60_000,
      sessionMs: options.sessionTtl ?? 15 * 60_000,
    },
    logger: createLogger({
      level: options.logLevel ?? "info",
      format: options.logFormat ?? "text",
      write: (line) => onLog?.(line),
    }),
    accessLog: options.accessLog ?? true,
  };
}
