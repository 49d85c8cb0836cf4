import { storeChoice } from "../../files/store_choice.ts";
import { serveRoot } from "../../library/serve_root.ts";
import { SCHEME_NAMES } from "../../schemes/scheme_name.ts";
import type { CommandContext, OptionsOfAny } from "../command.ts";
import { type OriginalServer, schemeOfProgram } from "../original.ts";
import { readTokens } from "../token.ts";
import { tlsIdentity } from "../tls_flags.ts";

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
  const own = schemeOfProgram(context.command);
  const { logger, signal } = context;
  const server = serveRoot({
    ...options,
    tokens: readTokens(options.tokenFile, context.env),
    tls: await tlsIdentity(options, logger),
    trustedProxies: options.trustedProxy,
    allowedHosts: options.allowedHost,
    schemes: own === undefined ? SCHEME_NAMES : [own],
    store: storeChoice(options.store, context.env),
    limits: {
      maxFileBytes: options.maxFileSize,
      maxBodyBytes: options.maxBody,
      maxSessions: options.maxSessions,
      maxConcurrent: options.maxConcurrent,
      maxQueue: options.maxQueue,
      queueMs: options.queueTimeout,
      maxConnections: options.maxConnections,
      maxThreads: options.threads,
      headerMs: options.headerTimeout,
      idleMs: options.idleTimeout,
      stallMs: options.stallTimeout,
      sessionMs: options.sessionTtl,
    },
    logger,
  });
  context.stdout.write(`Listening on ${server.url} (root ${server.root})\n`);
  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve());
  });
  await Promise.race([stopped, server.finished]);
  await server.stop();
  return 0;
}
