import type { ChunkParameters } from "../chunking/parameters.ts";
import { ParasyncError } from "../errors.ts";
import { openPinned, type PinnedFile } from "../files/pinned_file.ts";
import type { HardwareChoice } from "../hashing/backend.ts";
import { openBackend } from "../hashing/select.ts";
import { pushParasync } from "../schemes/parasync_source.ts";
import type { Confirmation, Peer, SourceEnd, SyncOutcome } from "../schemes/scheme.ts";
import { StageClock } from "../telemetry/stages.ts";
import { LanePool } from "../workers/pool.ts";
import type { CommandContext } from "./command.ts";
import { ProgressView } from "./output/progress.ts";
import { renderSummary, type Summary, summaryJson } from "./output/summary.ts";

/** The flags that `push` and `local` share. */
export interface SyncOptions {
  readonly threads: number;
  readonly hw: HardwareChoice;
  readonly mode: string;
  readonly scheme: string;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly progress: "auto" | "on" | "off";
  readonly digest: "session" | "blake3";
  readonly confirm: Confirmation;
}

/** A sync that a command has begun. */
export interface SyncRun {
  /** The new file, open. */
  readonly source: PinnedFile;
  /** This process's lanes. */
  readonly pool: LanePool;
  /** The client's end of the scheme. */
  readonly end: SourceEnd;
  /** Shows progress, if it is to be shown. */
  readonly view: ProgressView;
  /** Whether progress is shown at all. */
  readonly shown: boolean;
}

/**
 * Opens the new file and sets the lanes up, so that they start while the server is being asked.
 *
 * @param newFile Its path; a link is followed.
 * @param options The command's flags.
 * @param context The command's surroundings.
 * @param parameters The sizes to cut by.
 * @param signal Stops the sync.
 * @param otherBytes How many bytes there are to work on beside the new file, in this process.
 */
export async function beginSync(
  newFile: string,
  options: SyncOptions,
  context: CommandContext,
  parameters: ChunkParameters,
  signal: AbortSignal,
  otherBytes = 0,
): Promise<SyncRun> {
  if (options.mode !== "streaming") {
    throw new ParasyncError(
      "usage",
      `Cannot use --mode=${options.mode}: this version has streaming (3) only`,
    );
  }
  const source = openPinned(newFile, { followLinks: true });
  const pool = new LanePool(options.threads, { mainWorks: true });
  const lanes = pool.group(options.threads, source.size + otherBytes, options.hw);
  // Fails here and at once where --hw=require cannot be had.
  const { missing } = await openBackend(options.hw);
  if (missing !== undefined && options.hw === "1") {
    context.logger.warn(`Hardware checksums are missing here, going on without: ${missing}`);
  }
  const view = new ProgressView(context.stderr, options.quiet ? "off" : options.progress);
  const end: SourceEnd = {
    file: source,
    reference: {
      path: source.path,
      name: source.name,
      identity: source.identity,
      size: source.size,
      turn: null,
    },
    mtimeNs: BigInt(source.identity.mtimeNs),
    verifyUnchanged: () => source.verifyUnchanged(),
    parameters,
    confirm: options.confirm,
    lanes,
    clock: new StageClock(),
    progress: (which, stage, done, total) => view.update(`${which} ${stage}`, done, total),
    signal,
  };
  const shown = !options.quiet && options.progress !== "off" &&
    (context.stderr.isTerminal || options.progress === "on");
  return { source, pool, end, view, shown };
}

/**
 * Runs the sync to its end and prints its summary.
 *
 * @param run What {@linkcode beginSync} gave; closed by the time this returns.
 * @param peer The server.
 * @param options The command's flags.
 * @param context The command's surroundings.
 * @param startedAt When the sync began, in ms of the process's clock.
 * @param target The name of what is written.
 */
export async function finishSync(
  run: SyncRun,
  peer: Peer,
  options: SyncOptions,
  context: CommandContext,
  startedAt: number,
  target: string,
): Promise<void> {
  let outcome: SyncOutcome;
  let elapsedMs: number;
  let digest: string;
  try {
    outcome = await pushParasync(run.end, peer);
    elapsedMs = performance.now() - startedAt;
    digest = options.digest === "session" ? hexOf(outcome.digest) : await digestOf(run.source);
  } finally {
    run.view.finish();
    run.pool.close();
    run.source.close();
  }
  const { backend } = await openBackend(options.hw);
  if (outcome.notice !== "" && options.hw === "1") {
    context.logger.warn(`Hardware checksums are missing at the server: ${outcome.notice}`);
  }
  if (options.quiet && !options.json) return;
  const summary: Summary = {
    scheme: options.scheme,
    mode: options.mode,
    threads: run.end.lanes.threads,
    hwRequested: options.hw,
    hwClient: backend.name,
    hwServer: outcome.serverBackend,
    oldBytes: outcome.oldBytes,
    newBytes: outcome.newBytes,
    wireUpBytes: outcome.upBytes,
    wireDownBytes: outcome.downBytes,
    copiedBytes: outcome.totals.copiedBytes,
    literalBytes: outcome.totals.literalBytes,
    zeroBytes: outcome.totals.zeroBytes,
    copies: outcome.totals.copies,
    literals: outcome.totals.literals,
    chunksOld: outcome.chunksOld,
    chunksNew: outcome.chunksNew,
    chunksMatched: outcome.chunksMatched,
    elapsedMs: Math.round(elapsedMs * 1000) / 1000,
    rttMs: Math.round(outcome.rttMs * 1000) / 1000,
    stages: outcome.stages,
    digest,
    digestKind: options.digest,
    verified: true,
    target,
  };
  const { stdout } = context;
  stdout.write(
    options.json
      ? summaryJson(summary) + "\n"
      : renderSummary(summary, { colour: stdout.colour, width: stdout.size().columns }),
  );
}

/** The result's BLAKE3 is the new file's: their session digests agree, and this file is still the same. */
async function digestOf(source: PinnedFile): Promise<string> {
  const { blake3OfFile } = await import("../hashing/file_digest.ts");
  const digest = await blake3OfFile(source);
  source.verifyUnchanged();
  return digest;
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
