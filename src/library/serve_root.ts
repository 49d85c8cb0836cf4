import { ParasyncError } from "../errors.ts";
import { ChecksumStore } from "../files/checksum_store.ts";
import { Root } from "../files/root.ts";
import type { StoreChoice } from "../files/store_choice.ts";
import { sweepStale } from "../files/sweep.ts";
import type { HardwareChoice } from "../hashing/backend.ts";
import type { SchemeName } from "../schemes/scheme_name.ts";
import type { Logger } from "../telemetry/log.ts";
import { isLoopback, LOOPBACK_HOSTS } from "../transport/access.ts";
import type { Limits } from "../transport/limits.ts";
import { type RunningServer, startServer } from "../transport/server.ts";
import { SessionTable, SWEEP_FACTOR } from "../transport/session_table.ts";
import { LanePool } from "../workers/pool.ts";

/** What is to be served and how. */
export interface ServeTask {
  /** The folder. */
  readonly root: string;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** The bearer token that requests must have, if any. */
  readonly token: string | undefined;
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
  readonly limits: Limits;
  readonly logger: Logger;
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
  const { host, port, prefix, token, limits, hw, fsync, logger, schemes } = task;
  if (!isLoopback(host) && token === undefined && !task.insecureNoAuth) {
    throw new ParasyncError(
      "usage",
      `Cannot listen on ${host}: anyone could write to the root; give a token (--token-file or ` +
        "PARASYNC_TOKEN), or --insecure-no-auth",
    );
  }
  if (prefix !== "" && !/^(\/[A-Za-z0-9._~-]+)+$/.test(prefix)) {
    throw new ParasyncError("usage", `Cannot use --prefix=${prefix}: it must be like /sync`);
  }
  const root = Root.open(task.root);
  sweepStale(root.path, limits.sessionMs * SWEEP_FACTOR);
  const pool = new LanePool(limits.maxThreads, { mainWorks: false });
  const store = new ChecksumStore(task.store, (problem) => logger.warn(problem));
  const sessions = new SessionTable({ root, pool, limits, fsync, hw, store });
  const hosts = new Set([...LOOPBACK_HOSTS, host.toLowerCase(), `[${host.toLowerCase()}]`]);
  for (const name of task.allowedHosts) hosts.add(name.toLowerCase());
  let server: RunningServer;
  try {
    server = startServer({
      sessions,
      access: { token, hosts, anyAddress: host === "0.0.0.0" || host === "::" },
      limits,
      logger,
      schemes,
      prefix,
    }, { host, port });
  } catch (error) {
    sessions.close().catch(() => {});
    throw error;
  }
  const { hostname, port: bound } = server.address;
  const shown = hostname.includes(":") ? `[${hostname}]` : hostname;
  return {
    root: root.path,
    address: server.address,
    url: `http://${shown}:${bound}${prefix}`,
    finished: server.finished,
    async stop(): Promise<void> {
      logger.info("Stopping: requests at work may end");
      await server.stop();
      pool.close();
    },
  };
}
