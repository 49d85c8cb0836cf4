import { ParasyncError } from "../../errors.ts";
import { HttpPeer } from "../../transport/http_peer.ts";
import { formatSyncQuery } from "../../transport/sync_query.ts";
import { SCHEMES } from "../../schemes/scheme_name.ts";
import type { CommandContext, OptionsOf, OptionsOfAny } from "../command.ts";
import { type OriginalClient, schemeOfProgram } from "../original.ts";
import { chooseSync } from "../sync_choice.ts";
import type { SyncRun } from "../sync_run.ts";
import { sourceSize } from "../source_size.ts";
import { readToken } from "../token.ts";

type PushOptions = OptionsOf<"push">;
type ClientOptions = OptionsOfAny<OriginalClient>;

/** How often the server is asked how far it is, in ms. */
const POLL_MS = 250;

/** How long a server that answers may send nothing: it may have to read a large file first. */
const IDLE_MS = 10 * 60_000;

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
  const startedAt = performance.now();
  const { newFile, base, name } = "serverIp" in options
    ? fromFlags(options)
    : fromUrl(positionals[0]!, positionals[1]!, options.prefix);
  const token = readToken(options.tokenFile, context.env);
  const { suffix } = options;
  const { size, allocated, mtimeNs } = await sourceSize(newFile);
  const own = schemeOfProgram(context.command);
  const choice = chooseSync(options, own, context.given, size);
  const { opens } = SCHEMES[choice.scheme];
  const query = formatSyncQuery({
    name,
    ...choice,
    hw: options.hw,
    // The original's signature says nothing of the new file, so that the request does.
    opened: opens === "signature" ? { newSize: size, newMtimeNs: mtimeNs } : undefined,
    allocated,
    target: suffix === "" ? { kind: "replace" } : { kind: "new", suffix },
  });
  const deadline = deadlineSignal(options.timeout, context.signal);
  const peer = new HttpPeer({
    base,
    opens,
    query,
    name,
    confirm: choice.confirm,
    token,
    connectMs: options.connectTimeout,
    idleMs: IDLE_MS,
    signal: deadline.signal,
  });
  let stopPolling: (() => void) | undefined;
  try {
    // The request is on its way while the rest of the program is being loaded.
    const { beginSync, finishSync, printSummary } = await import("../sync_run.ts");
    const sync = await beginSync(newFile, options, context, choice, deadline.signal);
    if (sync.shown) stopPolling = pollServer(peer, sync);
    const summary = await finishSync(sync, peer, options, context, startedAt, name + suffix);
    printSummary(summary, options, context);
    return 0;
  } catch (error) {
    peer.close(error);
    throw error;
  } finally {
    stopPolling?.();
    deadline.clear();
  }
}

interface Destination {
  readonly newFile: string;
  readonly base: string;
  readonly name: string;
}

function fromFlags(options: ClientOptions): Destination {
  const host = options.serverIp.includes(":") ? `[${options.serverIp}]` : options.serverIp;
  return {
    newFile: options.newFilename,
    base: `http://${host}:${options.serverPort}`,
    name: options.basisFilename,
  };
}

/** The URL's path, percent-decoded once, names the target under the server's root. */
function fromUrl(newFile: string, text: string, prefix: string): Destination {
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
  return { newFile, base: url.origin + prefix, name };
}

function refused(text: string, reason: string): ParasyncError {
  return new ParasyncError("usage", `Cannot push to ${JSON.stringify(text)}: ${reason}`);
}

function deadlineSignal(
  timeoutMs: number | undefined,
  outer: AbortSignal,
): { readonly signal: AbortSignal; clear(): void } {
  if (timeoutMs === undefined) return { signal: outer, clear: () => {} };
  const controller = new AbortController();
  outer.addEventListener("abort", () => controller.abort(outer.reason));
  const late = new ParasyncError("timeout", `Cannot finish: it takes longer than ${timeoutMs} ms`);
  const timer = setTimeout(() => controller.abort(late), timeoutMs);
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
}

/** Shows how far the server is with the target; the answer to the patch comes only at its end. */
function pollServer(peer: HttpPeer, { view }: SyncRun): () => void {
  const timer = setInterval(async () => {
    try {
      const { done, total } = await peer.progress();
      if (total > 0) view.update("server apply", done, total);
    } catch {
      // What is wrong with the server shows in the sync itself.
    }
  }, POLL_MS);
  return () => clearInterval(timer);
}
