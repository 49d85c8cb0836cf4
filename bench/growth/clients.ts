/** Many clients at once on one server. */
import fs from "node:fs";
import { join } from "node:path";
import type { Contender } from "../e2e/contender.ts";
import { descendantsOf, peakBytesOf } from "../e2e/process_files.ts";
import { type Files, putBack, requireResult } from "../e2e/run.ts";
import { programEnvironment } from "../server_process.ts";

const LOOK_MS = 20;

/** What so many clients took together. */
export interface CrowdResult {
  readonly contender: string;
  readonly clients: number;
  /** Bytes of new files a second, all clients together, from the first start to the last end: the median round. */
  readonly bytesPerSecond: number;
  /** From a client's start to its end, over all rounds, in ms. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The most that the server's processes had in RAM together; what they share is counted for each. */
  readonly serverPeakBytes: number | null;
  /** Clients that ended with an error, of all that were started. */
  readonly failures: number;
  readonly started: number;
}

/** Where the crowd works. */
export interface CrowdPlace extends Files {
  readonly root: string;
  readonly runs: number;
  readonly signal: AbortSignal;
}

/**
 * Starts clients all at once, each with a target of its own, and waits for all of them.
 *
 * @param contender Who; its server runs.
 * @param clients How many.
 * @param place The files and the rest; a round more than `runs` comes first.
 * @throws {ParasyncError} `verification` where a client that ended well has left something else than the new file.
 */
export async function measureCrowd(
  contender: Contender,
  clients: number,
  place: CrowdPlace,
): Promise<CrowdResult> {
  const { newFile, runs } = place;
  const newBytes = fs.statSync(newFile).size;
  const [speeds, times]: [number[], number[]] = [[], []];
  let failures = 0;
  const memory = new SumWatch(contender.server!.pid);
  try {
    for (let round = 0; round <= runs; round++) {
      const { ends, wallMs } = await runCrowd(contender, clients, place);
      if (round === 0) continue;
      const good = ends.filter(({ ok }) => ok).length;
      failures += clients - good;
      speeds.push(good * newBytes * 1000 / wallMs);
      times.push(...ends.map(({ ms }) => ms));
    }
  } finally {
    memory.stop();
  }
  return {
    contender: contender.name,
    clients,
    bytesPerSecond: percentile(speeds, 50),
    p50Ms: percentile(times, 50),
    p99Ms: percentile(times, 99),
    serverPeakBytes: memory.peakBytes,
    failures,
    started: clients * runs,
  };
}

/**
 * The value that so many of a hundred do not exceed (nearest rank).
 *
 * @param values At least one.
 * @param share Out of a hundred.
 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share / 100) - 1)]!;
}

async function runCrowd(
  contender: Contender,
  clients: number,
  { oldFile, newFile, root, signal }: CrowdPlace,
): Promise<{ ends: { ok: boolean; ms: number }[]; wallMs: number }> {
  signal.throwIfAborted();
  const targets = Array.from({ length: clients }, (_, i) => `target-${i}`);
  for (const target of targets) putBack(oldFile, join(root, target));
  const { port } = contender.server!;
  const begun = performance.now();
  const ends = await Promise.all(targets.map(async (target) => {
    const { command, args } = contender.client({
      oldFile,
      newFile,
      target,
      host: "127.0.0.1",
      port,
    });
    const started = performance.now();
    const { success } = await new Deno.Command(command, {
      args,
      stdin: "null",
      stdout: "null",
      stderr: "null",
      env: programEnvironment(),
      clearEnv: true,
      signal,
    }).output();
    return { ok: success, ms: performance.now() - started };
  }));
  const wallMs = performance.now() - begun;
  for (const [i, target] of targets.entries()) {
    const path = join(root, target);
    if (ends[i]!.ok) await requireResult(contender.name, path, newFile, signal);
    fs.rmSync(path);
  }
  return { ends, wallMs };
}

/** Looks at the memory of a process and of all that it has begun, together. */
class SumWatch {
  readonly #timer: ReturnType<typeof setInterval>;
  /** The most so far; null where the system does not tell. */
  peakBytes: number | null = null;

  constructor(pid: number) {
    this.#timer = setInterval(() => {
      const each = [pid, ...descendantsOf(pid)].map(peakBytesOf);
      const known = each.filter((bytes) => bytes !== undefined);
      if (known.length === 0) return;
      this.peakBytes = Math.max(this.peakBytes ?? 0, known.reduce((sum, bytes) => sum + bytes));
    }, LOOK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
