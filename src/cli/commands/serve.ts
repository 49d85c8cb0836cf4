import { ParasyncError } from "../../errors.ts";
import { ChecksumStore } from "../../files/checksum_store.ts";
import { Root } from "../../files/root.ts";
import { sweepStale } from "../../files/sweep.ts";
import { storeChoice } from "../../files/store_choice.ts";
import { SCHEME_NAMES } from "../../schemes/scheme_name.ts";
import { isLoopback, LOOPBACK_HOSTS } from "../../transport/access.ts";
import { startServer } from "../../transport/server.ts";
import { SessionTable, SWEEP_FACTOR } from "../../transport/session_table.ts";
import { LanePool } from "../../workers/pool.ts";
import type { CommandContext, OptionsOfAny } from "../command.ts";
import { type OriginalServer, schemeOfProgram } from "../original.ts";
import { readToken } from "../token.ts";

/**
 * `serve`, and the original's servers, each of one scheme: serves a folder until it is told to stop.
 *
 * @param options The flags.
 * @param _positionals None.
 * @param context The surroundings.
 * @returns 0 after SIGINT or SIGTERM.
 */
export async function run(
  options: OptionsOfAny<"serve" | OriginalServer>,
  _positionals: readonly string[],
  context: CommandContext,
): Promise<number> {
  const { host, port, prefix } = options;
  const own = schemeOfProgram(context.command);
  const { logger, signal } = context;
  const token = readToken(options.tokenFile, context.env);
  if (!isLoopback(host) && token === undefined && !options.insecureNoAuth) {
    throw new ParasyncError(
      "usage",
      `Cannot listen on ${host}: anyone could write to the root; give a token (--token-file or ` +
        "PARASYNC_TOKEN), or --insecure-no-auth",
    );
  }
  if (prefix !== "" && !/^(\/[A-Za-z0-9._~-]+)+$/.test(prefix)) {
    throw new ParasyncError("usage", `Cannot use --prefix=${prefix}: it must be like /sync`);
  }
  const root = Root.open(options.root);
  const pool = new LanePool(options.threads, { mainWorks: false });
  const limits = {
    maxFileBytes: options.maxFileSize,
    maxBodyBytes: options.maxBody,
    maxSessions: options.maxSessions,
    maxConcurrent: options.maxConcurrent,
    maxThreads: options.threads,
    idleMs: options.idleTimeout,
    sessionMs: options.sessionTtl,
  };
  sweepStale(root.path, options.sessionTtl * SWEEP_FACTOR);
  const { fsync, hw } = options;
  const store = new ChecksumStore(
    storeChoice(options.store, context.env),
    (problem) => logger.warn(problem),
  );
  const sessions = new SessionTable({ root, pool, limits, fsync, hw, store });
  const hosts = new Set([...LOOPBACK_HOSTS, host.toLowerCase(), `[${host.toLowerCase()}]`]);
  for (const name of options.allowedHost) hosts.add(name.toLowerCase());
  const server = startServer({
    sessions,
    access: { token, hosts, anyAddress: host === "0.0.0.0" || host === "::" },
    limits,
    logger,
    schemes: own === undefined ? SCHEME_NAMES : [own],
    prefix,
  }, { host, port });
  const { hostname, port: bound } = server.address;
  const shown = hostname.includes(":") ? `[${hostname}]` : hostname;
  context.stdout.write(`Listening on http://${shown}:${bound}${prefix} (root ${root.path})\n`);
  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve());
  });
  await Promise.race([stopped, server.finished]);
  logger.info("Stopping: requests at work may end");
  await server.stop();
  pool.close();
  return 0;
}
