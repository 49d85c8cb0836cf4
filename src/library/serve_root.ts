import { ParasyncError } from "../errors.ts";
import { ChecksumStore } from "../files/checksum_store.ts";
import { partialFolder } from "../files/partial_folder.ts";
import { Root } from "../files/root.ts";
import type { StoreChoice } from "../files/store_choice.ts";
import { sweepTree } from "../files/sweep.ts";
import type { HardwareChoice } from "../hashing/backend.ts";
import type { SchemeName } from "../schemes/scheme_name.ts";
import type { Logger } from "../telemetry/log.ts";
import { isLoopback, LOOPBACK_HOSTS } from "../transport/loopback.ts";
import type { Limits } from "../transport/limits.ts";
import { type RunningServer, startServer } from "../transport/server.ts";
import { SessionTable, SWEEP_FACTOR } from "../transport/session_table.ts";
import type { TlsIdentity } from "../transport/tls_identity.ts";
import type { TokenEntry } from "../transport/token_lines.ts";
import { TokenList } from "../transport/token_list.ts";
import { TokenThrottle } from "../transport/token_throttle.ts";
import { TrustedProxies } from "../transport/trusted_proxies.ts";
import { LanePool } from "../workers/pool.ts";

/** What is to be served and how. */
export interface ServeTask {
  /** The folder. */
  readonly root: string;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** The bearer tokens of which requests must have one; where there are none, nobody needs one. */
  readonly tokens: readonly TokenEntry[];
  /** What the server proves who it is by; undefined: it speaks plain HTTP. */
  readonly tls: TlsIdentity | undefined;
  /** Proxies whose word on where requests come from is taken: addresses and networks. */
  readonly trustedProxies: readonly string[];
  /** Whether other addresses than loopback do without one. */
  readonly insecureNoAuth: boolean;
  /** The path that a proxy puts before every route; empty where there is none. */
  readonly prefix: string;
  /** Names that requests may be addressed to, beside the loopback and listening ones. */
  readonly allowedHosts: readonly string[];
  readonly schemes: readonly SchemeName[];
  readonly hw: HardwareChoice;
  /** Whether results are on the disk before they are reported. */
  readonly fsync: boolean;
  /** Where checksums are kept. */
  readonly store: StoreChoice;
  /** Whether what an interrupted sync has brought is kept for the next one. */
  readonly keepPartial: boolean;
  /** The folder in the root for files that are not complete; empty: each lies beside its target. */
  readonly partialDir: string;
  readonly limits: Limits;
  readonly logger: Logger;
  /** Whether every request has a line in the log. */
  readonly accessLog: boolean;
}

/** A folder that is served. */
export interface ServedRoot {
  /** Its real path. */
  readonly root: string;
  /** Where the server listens, without the prefix. */
  readonly address: RunningServer["address"];
  /** Where clients find it, with the prefix and without a slash at the end. */
  readonly url: string;
  /** Resolves when it takes no more requests. */
  readonly finished: Promise<void>;
  /** Takes no more requests, lets those at work end for a while, then breaks them off. */
  stop(): Promise<void>;
}

/**
 * Serves a folder.
 *
 * @param task What to serve.
 * @returns The server, which listens.
 * @throws {ParasyncError} `usage` for what would be open to everyone or cannot be, `connection` where the address
 * cannot be listened on, or what keeps the folder from being served.
 */
export function serveRoot(task: ServeTask): ServedRoot {
  const { host, port, prefix, tokens, tls, limits, hw, fsync, logger, schemes } = task;
  if (!isLoopback(host) && tokens.length === 0 && !task.insecureNoAuth) {
    throw new ParasyncError(
      "usage",
      `Cannot listen on ${host}: anyone could write to the root; give a token (--token-file or ` +
        "PARASYNC_TOKEN), or --insecure-no-auth",
    );
  }
  if (prefix !== "" && !/^(\/[A-Za-z0-9._~-]+)+$/.test(prefix)) {
    throw new ParasyncError("usage", `Cannot use --prefix=${prefix}: it must be like /sync`);
  }
  const proxies = new TrustedProxies(task.trustedProxies);
  const root = Root.open(task.root);
  const { keepPartial } = task;
  const partials = partialFolder(task.partialDir, root.path);
  const sweeping = new AbortController();
  sweepTree(root.path, limits.sessionMs * SWEEP_FACTOR, sweeping.signal).catch(() => {});
  const pool = new LanePool(limits.maxThreads, { mainWorks: false });
  const store = new ChecksumStore(task.store, (problem) => logger.warn(problem));
  const sessions = new SessionTable({
    root,
    pool,
    limits,
    fsync,
    hw,
    store,
    partials,
    keepPartial,
  });
  const hosts = new Set([...LOOPBACK_HOSTS, host.toLowerCase(), `[${host.toLowerCase()}]`]);
  for (const name of task.allowedHosts) hosts.add(name.toLowerCase());
  let server: RunningServer;
  try {
    server = startServer({
      sessions,
      access: {
        tokens: tokens.length === 0 ? undefined : new TokenList(tokens),
        throttle: new TokenThrottle(),
        hosts,
        anyAddress: host === "0.0.0.0" || host === "::",
      },
      limits,
      logger,
      schemes,
      prefix,
      accessLog: task.accessLog,
    }, { host, port, tls, proxies });
  } catch (error) {
    sweeping.abort();
    sessions.close().catch(() => {});
    throw error;
  }
  if (!isLoopback(host) && tokens.length === 0) {
    logger.warn("Anyone who reaches this server can write to the root");
  }
  // A proxy that is trusted is likely to be what encrypts.
  if (!isLoopback(host) && tls === undefined && task.trustedProxies.length === 0) {
    logger.warn(
      "The token, if there is one, and all content go over the line unencrypted; give a certificate " +
        "(--tls-cert, --tls-key)",
    );
  }
  const { hostname, port: bound } = server.address;
  const shown = hostname.includes(":") ? `[${hostname}]` : hostname;
  return {
    root: root.path,
    address: server.address,
    url: `${tls === undefined ? "http" : "https"}://${shown}:${bound}${prefix}`,
    finished: server.finished,
    async stop(): Promise<void> {
      sweeping.abort();
      logger.info("Stopping: requests at work may end");
      await server.stop();
      pool.close();
    },
  };
}
