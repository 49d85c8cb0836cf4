import { storeChoice } from "../../files/store_choice.ts";
import { serveRoot } from "../../library/serve_root.ts";
import { SCHEME_NAMES } from "../../schemes/scheme_name.ts";
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
  const own = schemeOfProgram(context.command);
  const { logger, signal } = context;
  const server = serveRoot({
    ...options,
    token: readToken(options.tokenFile, context.env),
    allowedHosts: options.allowedHost,
    schemes: own === undefined ? SCHEME_NAMES : [own],
    store: storeChoice(options.store, context.env),
    limits: {
      maxFileBytes: options.maxFileSize,
      maxBodyBytes: options.maxBody,
      maxSessions: options.maxSessions,
      maxConcurrent: options.maxConcurrent,
      maxThreads: options.threads,
      idleMs: options.idleTimeout,
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
