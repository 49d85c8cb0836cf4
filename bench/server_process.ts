/** Our own programs as processes, for the demo and the benches. */
import { fileURLToPath } from "node:url";
import { ParasyncError } from "../src/errors.ts";

/** The program's entry point. */
const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

/** How long a process that was asked to end may take, in ms. */
const PATIENCE_MS = 5000;

/** A server that listens. */
export interface ServerProcess {
  /** For example `http://127.0.0.1:40123`. */
  readonly url: string;
  /** The port in it. */
  readonly port: number;
  readonly pid: number;
  /** Asks it to end, and makes it end if it does not; resolves when it is gone. */
  stop(): Promise<void>;
}

/** What to run for `parasync ARGS…` with this runtime. */
export function programCommand(
  args: readonly string[],
): { readonly command: string; readonly args: string[] } {
  return { command: Deno.execPath(), args: ["run", "-A", MAIN, ...args] };
}

/**
 * The environment for our own programs: this process's, without the variables that stand for flags, so that a
 * demo or a bench runs what it says.
 */
export function programEnvironment(): Record<string, string> {
  const kept = Object.entries(Deno.env.toObject()).filter(([name]) =>
    name.startsWith("PARASYNC_LIB") || !/^(PARASYNC_|ALOG_)/.test(name)
  );
  return { ...Object.fromEntries(kept), DENO_NO_UPDATE_CHECK: "1" };
}

/**
 * Asks a process to end, and ends it if it does not.
 *
 * @param child The process.
 */
export async function endProcess(child: Deno.ChildProcess): Promise<void> {
  const send = (name: Deno.Signal): void => {
    try {
      child.kill(name);
    } catch {
      // It is gone already.
    }
  };
  send("SIGTERM");
  const timer = setTimeout(() => send("SIGKILL"), PATIENCE_MS);
  await child.status;
  clearTimeout(timer);
}

/**
 * Starts a server on a free port of the loopback address.
 *
 * @param root The folder it serves.
 * @param flags Further flags of `serve`.
 * @returns The server, as soon as it listens.
 * @throws {ParasyncError} `internal` with what it said, where it ends instead.
 */
export function startServerProcess(
  root: string,
  flags: readonly string[],
): Promise<ServerProcess> {
  const { command, args } = programCommand([
    "serve",
    `--root=${root}`,
    "--port=0",
    "--log-level=warn",
    ...flags,
  ]);
  return startListening(command, args);
}

/**
 * Starts a server that says `Listening on URL` on stdout once it listens.
 *
 * @param command The program.
 * @param args Its arguments.
 * @returns The server, as soon as it listens.
 * @throws {ParasyncError} `internal` with what it said, where it ends instead.
 */
export async function startListening(
  command: string,
  args: readonly string[],
): Promise<ServerProcess> {
  const child = new Deno.Command(command, {
    args: [...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: programEnvironment(),
    clearEnv: true,
  }).spawn();
  const said = new TextDecoderStream();
  let complaints = "";
  const complained = (async () => {
    // A pipe that nobody empties would stop the server one day.
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      complaints = (complaints + text).slice(-4000);
    }
  })();
  child.stdout.pipeTo(said.writable).catch(() => {});
  const reader = said.readable.getReader();
  let text = "";
  for (;;) {
    const listening = /^Listening on (http:\/\/\S+:(\d+)\S*)/m.exec(text);
    if (listening !== null && text.includes("\n")) {
      reader.releaseLock();
      said.readable.cancel().catch(() => {});
      return {
        url: listening[1]!,
        port: Number(listening[2]),
        pid: child.pid,
        stop: () => endProcess(child),
      };
    }
    const next = await reader.read();
    if (next.done) break;
    text += next.value;
  }
  await endProcess(child);
  await complained;
  throw new ParasyncError("internal", `Cannot start a server: ${complaints.trim()}`);
}
