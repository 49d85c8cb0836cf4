/** One run of a contender: the old file put back, the client as a whole process, the result compared. */
import fs from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ParasyncError } from "../../src/errors.ts";
import { printable } from "../../src/telemetry/printable.ts";
import { compareFiles } from "../file_comparison.ts";
import { type Contender, type SelfReport, TARGET } from "./contender.ts";
import type { Launch, Launched } from "./launcher.ts";
import { cpuMillisOf, descendantsOf, peakBytesOf, PeakWatch } from "./process_files.ts";
import { Relay, type RelayCount } from "./relay.ts";

const LAUNCHER = fileURLToPath(new URL("./launcher.ts", import.meta.url));

/** Two files to sync. */
export interface Files {
  readonly oldFile: string;
  readonly newFile: string;
}

/** What a run took. Null is what the system does not tell. */
export interface Run {
  readonly wallMs: number;
  readonly clientCpuMs: number | null;
  readonly serverCpuMs: number | null;
  readonly clientPeakBytes: number | null;
  readonly report: SelfReport;
}

/** A {@linkcode Run} that was watched, which takes longer. */
export interface WatchedRun extends Run {
  readonly serverPeakBytes: number | null;
  /** Bytes on the wire; null where nobody counted. */
  readonly wire: RelayCount | null;
}

/**
 * Runs a contender once.
 *
 * @param contender Who.
 * @param root The folder that the servers serve.
 * @param files What to sync; neither is changed.
 * @param signal Stops the run.
 * @throws {ParasyncError} `verification` where the result is not the new file, `internal` where the client fails.
 */
export function runOnce(
  contender: Contender,
  root: string,
  files: Files,
  signal: AbortSignal,
): Promise<Run> {
  return runThrough(contender, contender.server.port, root, files, false, signal);
}

/**
 * Runs a contender once, and looks on: how much memory both ends take, and what goes over the wire.
 *
 * @param contender Who.
 * @param root The folder that the servers serve.
 * @param files What to sync; neither is changed.
 * @param relayed Whether to count the bytes on the wire.
 * @param signal Stops the run.
 * @throws {ParasyncError} As {@linkcode runOnce}.
 */
export async function runWatched(
  contender: Contender,
  root: string,
  files: Files,
  relayed: boolean,
  signal: AbortSignal,
): Promise<WatchedRun> {
  const { server } = contender;
  const relay = relayed ? new Relay(server.port) : undefined;
  const watch = new PeakWatch(() => descendantsOf(server.pid));
  try {
    const port = relay?.port ?? server.port;
    const run = await runThrough(contender, port, root, files, true, signal);
    const own = peakBytesOf(server.pid);
    const peaks = [own, watch.peakBytes].filter((bytes) => bytes !== undefined);
    return {
      ...run,
      serverPeakBytes: peaks.length > 0 ? Math.max(...peaks) : null,
      wire: relay === undefined ? null : { ...relay.count },
    };
  } finally {
    watch.stop();
    relay?.stop();
  }
}

async function runThrough(
  contender: Contender,
  port: number,
  root: string,
  { oldFile, newFile }: Files,
  watch: boolean,
  signal: AbortSignal,
): Promise<Run> {
  const { name, server } = contender;
  const target = join(root, TARGET);
  fs.rmSync(target, { force: true });
  // Programs here replace a file and never write into it, so a second name for it is as good as a copy, and
  // leaves no dirty pages that would be written to the disk while the next run is timed.
  fs.linkSync(oldFile, target);
  const before = fs.statSync(oldFile, { bigint: true });
  const cpuBefore = cpuMillisOf(server.pid);
  const launched = await launch({ ...contender.client(newFile, port), watch }, signal);
  if (launched.code !== 0) {
    const said = printable((launched.stderr || launched.stdout).trim(), 500);
    throw new ParasyncError(
      "internal",
      `Cannot measure ${name}: it ended with ${launched.code}: ${said}`,
    );
  }
  await childrenEnded(server.pid);
  const cpuAfter = cpuMillisOf(server.pid);
  const { differsAt } = await compareFiles(target, newFile, signal);
  const after = fs.statSync(oldFile, { bigint: true });
  if (differsAt !== null || after.mtimeMs !== before.mtimeMs || after.size !== before.size) {
    const reason = differsAt === null
      ? "it wrote into the old file"
      : `its result differs from the new file at byte ${differsAt}`;
    throw new ParasyncError("verification", `Cannot measure ${name}: ${reason}`);
  }
  fs.rmSync(target);
  return {
    wallMs: launched.wallMs,
    clientCpuMs: launched.cpuMs,
    serverCpuMs: cpuBefore === undefined || cpuAfter === undefined ? null : cpuAfter - cpuBefore,
    clientPeakBytes: launched.peakBytes,
    report: contender.read(launched.stdout),
  };
}

/** The system counts a child's time once it has ended. */
async function childrenEnded(pid: number): Promise<void> {
  for (let tries = 0; tries < 200 && descendantsOf(pid).length > 0; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function launch(what: Launch, signal: AbortSignal): Promise<Launched> {
  signal.throwIfAborted();
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", LAUNCHER, JSON.stringify(what)],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal,
  }).output();
  signal.throwIfAborted();
  const decoder = new TextDecoder();
  if (!success) {
    throw new ParasyncError("internal", `Cannot launch a client: ${decoder.decode(stderr).trim()}`);
  }
  return JSON.parse(decoder.decode(stdout)) as Launched;
}
