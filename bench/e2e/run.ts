/** One run of a contender: the old file put back, the client as a whole process, the result compared. */
import fs from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ParasyncError } from "../../src/errors.ts";
import type { GivenLine } from "../../src/library/given_line.ts";
import { printable } from "../../src/telemetry/printable.ts";
import { compareFiles } from "../file_comparison.ts";
import { type ClientCommand, type Contender, type SelfReport, TARGET } from "./contender.ts";
import type { Launch, Launched } from "./launcher.ts";
import { forgetFiles } from "./page_cache.ts";
import { cpuMillisOf, descendantsOf, peakBytesOf, PeakWatch } from "./process_files.ts";
import { Relay, type RelayCount } from "./relay.ts";

const LAUNCHER = fileURLToPath(new URL("./launcher.ts", import.meta.url));

/** Where a client connects to. */
interface Address {
  readonly host: string;
  readonly port: number;
}

/** Of a client without a server. */
const NOWHERE: Address = { host: "127.0.0.1", port: 0 };

function here(port: number): Address {
  return { host: "127.0.0.1", port };
}

/** Two files to sync. */
export interface Files {
  readonly oldFile: string;
  readonly newFile: string;
}

/** Where and how to run. */
export interface RunPlace extends Files {
  /** The folder that the servers serve. */
  readonly root: string;
  /** The line between the ends; absent: none, and no relay either, but to count. */
  readonly line?: GivenLine;
  /** Whether the files are to be read from the disk. */
  readonly cold?: boolean;
  /** Stops the run. */
  readonly signal: AbortSignal;
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
 * @param place Where and how; neither file is changed.
 * @throws {ParasyncError} `verification` where the result is not the new file, `internal` where the client fails.
 */
export async function runOnce(contender: Contender, place: RunPlace): Promise<Run> {
  const { server } = contender;
  if (place.line === undefined || server === null) {
    return await runThrough(contender, server === null ? NOWHERE : here(server.port), place, false);
  }
  const relay = new Relay(server.port, place.line);
  try {
    return await runThrough(contender, relay, place, false);
  } finally {
    relay.stop();
  }
}

/**
 * Runs a contender once, and looks on: how much memory both ends take, and what goes over the wire.
 *
 * @param contender Who.
 * @param place Where and how; neither file is changed.
 * @param relayed Whether to count the bytes on the wire.
 * @throws {ParasyncError} As {@linkcode runOnce}.
 */
export async function runWatched(
  contender: Contender,
  place: RunPlace,
  relayed: boolean,
): Promise<WatchedRun> {
  const { server } = contender;
  if (server === null) {
    const run = await runThrough(contender, NOWHERE, place, true);
    return { ...run, serverPeakBytes: null, wire: null };
  }
  const relay = relayed ? new Relay(server.port, place.line) : undefined;
  const watch = new PeakWatch(() => descendantsOf(server.pid));
  try {
    const run = await runThrough(contender, relay ?? here(server.port), place, true);
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
  { host, port }: Address,
  place: RunPlace,
  watch: boolean,
): Promise<Run> {
  const { name, server } = contender;
  const { root, oldFile, newFile, cold = false, signal } = place;
  const target = join(root, TARGET);
  const same = await areSame(oldFile, newFile, signal);
  putBack(oldFile, target, same);
  // One that was written a moment ago is read twice, which in use it seldom is.
  if (same) await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
  const before = fs.statSync(oldFile, { bigint: true });
  if (cold) forgetFiles([oldFile, newFile, target]);
  const cpuBefore = server === null ? undefined : cpuMillisOf(server.pid);
  const client = contender.client({ oldFile, newFile, target: TARGET, host, port });
  const launched = await launchClient(name, client, watch, signal);
  if (server !== null) await childrenEnded(server.pid);
  const cpuAfter = server === null ? undefined : cpuMillisOf(server.pid);
  await requireResult(name, target, newFile, signal);
  const after = fs.statSync(oldFile, { bigint: true });
  if (after.mtimeMs !== before.mtimeMs || after.size !== before.size) {
    throw new ParasyncError(
      "verification",
      `Cannot measure ${name}: it wrote into the old file`,
    );
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

/** When a file is old enough for its digests to be believed until it changes, in ms. */
const SETTLED_MS = 2_100;

/**
 * Gives a target its old content. Programs here replace a file and never write into it, so a second name for it is as
 * good as a copy, and leaves no dirty pages that would be written to the disk while the next run is timed.
 *
 * @param oldFile The content.
 * @param target The target.
 * @param kept Whether the target may be kept as it is and get another time, so that it must be a file of its own.
 */
export function putBack(oldFile: string, target: string, kept = false): void {
  // zsync keeps what it replaces, under this name.
  for (const path of [target, `${target}.zs-old`]) fs.rmSync(path, { force: true });
  if (!kept) return fs.linkSync(oldFile, target);
  fs.copyFileSync(oldFile, target);
  const fd = fs.openSync(target, "r");
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

async function areSame(oldFile: string, newFile: string, signal: AbortSignal): Promise<boolean> {
  return fs.statSync(oldFile).size === fs.statSync(newFile).size &&
    (await compareFiles(oldFile, newFile, signal)).differsAt === null;
}

/**
 * Insists that a target is the new file.
 *
 * @param name Whose result it is.
 * @param target The target.
 * @param newFile What it must be.
 * @param signal Stops the comparison.
 * @throws {ParasyncError} `verification` where it is not.
 */
export async function requireResult(
  name: string,
  target: string,
  newFile: string,
  signal: AbortSignal,
): Promise<void> {
  const { differsAt } = await compareFiles(target, newFile, signal);
  if (differsAt === null) return;
  throw new ParasyncError(
    "verification",
    `Cannot measure ${name}: its result differs from the new file at byte ${differsAt}`,
  );
}

/** The system counts a child's time once it has ended. */
async function childrenEnded(pid: number): Promise<void> {
  for (let tries = 0; tries < 200 && descendantsOf(pid).length > 0; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/**
 * Runs a client to its end.
 *
 * @param name Who it is.
 * @param client The program.
 * @param watch Whether to look at its memory all the time.
 * @param signal Ends it.
 * @throws {ParasyncError} `internal` where it fails.
 */
export async function launchClient(
  name: string,
  client: ClientCommand,
  watch: boolean,
  signal: AbortSignal,
): Promise<Launched> {
  signal.throwIfAborted();
  const launch: Launch = { ...client, watch };
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", LAUNCHER, JSON.stringify(launch)],
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
  const launched = JSON.parse(decoder.decode(stdout)) as Launched;
  if (launched.code === 0) return launched;
  const said = printable((launched.stderr || launched.stdout).trim(), 500);
  throw new ParasyncError(
    "internal",
    `Cannot measure ${name}: it ended with ${launched.code}: ${said}`,
  );
}
