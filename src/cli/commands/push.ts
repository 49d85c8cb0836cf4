import { type Destination, destinationFrom } from "../../library/destination.ts";
import { pushFile } from "../../library/push_file.ts";
import { requireRate } from "../../library/retry.ts";
import { chooseSync } from "../../library/sync_choice.ts";
import type { CommandContext, OptionsOf, OptionsOfAny } from "../command.ts";
import { type OriginalClient, schemeOfProgram } from "../original.ts";
import { printSummary, syncTask } from "../sync_run.ts";
import { authoritiesIn } from "../authority_flag.ts";
import { readToken } from "../token.ts";

type PushOptions = OptionsOf<"push">;
type ClientOptions = OptionsOfAny<OriginalClient>;

/**
 * `push NEW URL`, and the original's clients: pushes a new file over an old one.
 *
 * @param options The flags.
 * @param positionals NEW and URL for `push`, none for the original's name.
 * @param context The surroundings.
 * @returns 0.
 */
export async function run(
  options: PushOptions | ClientOptions,
  positionals: readonly string[],
  context: CommandContext,
): Promise<number> {
  const { newFile, destination } = "serverIp" in options ? fromFlags(options) : {
    newFile: positionals[0]!,
    destination: destinationFrom(positionals[1]!, options.prefix),
  };
  const token = readToken(options.tokenFile, context.env);
  const own = schemeOfProgram(context.command);
  const summary = await pushFile({
    ...syncTask(options, context, (size) => chooseSync(options, own, context.given, size)),
    newFile,
    destination,
    suffix: options.suffix,
    token,
    authorities: "ca" in options ? await authoritiesIn(options.ca) : [],
    connectMs: options.connectTimeout,
    timeoutMs: options.timeout,
    retries: options.retries,
    onRetry: (line) => context.stderr.write(`parasync: ${line}\n`),
    bytesPerSecond: requireRate(options.bwlimit),
  });
  await printSummary(summary, options, context);
  return 0;
}

function fromFlags(
  options: ClientOptions,
): { readonly newFile: string; readonly destination: Destination } {
  const host = options.serverIp.includes(":") ? `[${options.serverIp}]` : options.serverIp;
  return {
    newFile: options.newFilename,
    destination: { base: `http://${host}:${options.serverPort}`, name: options.basisFilename },
  };
}
