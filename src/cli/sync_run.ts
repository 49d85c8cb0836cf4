import { ChecksumStore } from "../files/checksum_store.ts";
import { openPinned, type PinnedFile } from "../files/pinned_file.ts";
import type { HardwareChoice } from "../hashing/backend.ts";
import { openBackend } from "../hashing/select.ts";
import { RecordKeeper } from "../schemes/record_keeper.ts";
import { loadSourceScheme } from "../schemes/registry.ts";
import type { Peer, SourceEnd, SourceScheme, SyncOutcome } from "../schemes/scheme.ts";
import { StageClock } from "../telemetry/stages.ts";
import { readReference } from "../workers/file_reference.ts";
import { LanePool } from "../workers/pool.ts";
import { storeChoice } from "../files/store_choice.ts";
import type { SyncChoice } from "./sync_choice.ts";
import { SCHEMES } from "../schemes/scheme_name.ts";
import type { CommandContext } from "./command.ts";
import { ProgressView } from "./output/progress.ts";
import { renderSummary, type Summary, summaryJson } from "./output/summary.ts";

/** The flags that `push` and `local` share. */
export interface SyncOptions {
  readonly hw: HardwareChoice;
  readonly store: string;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly progress: "auto" | "on" | "off";
  readonly digest: "session" | "blake3";
}

/** A sync that a command has begun. */
export interface SyncRun {
  /** The new file, open. */
  readonly source: PinnedFile;
  /** This process's lanes. */
  readonly pool: LanePool;
  /** How it is done. */
  readonly choice: SyncChoice;
  /** Where checksums are kept. */
  readonly store: ChecksumStore;
  /** The scheme, on its way. */
  readonly scheme: Promise<SourceScheme>;
  /** The client's end of it. */
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
 * @param choice How the sync is done.
 * @param signal Stops the sync.
 * @param otherBytes How many bytes there are to work on beside the new file, in this process.
 */
export async function beginSync(
  newFile: string,
  options: SyncOptions,
  context: CommandContext,
  choice: SyncChoice,
  signal: AbortSignal,
  otherBytes = 0,
): Promise<SyncRun> {
  const { threads, parameters, confirm, mode } = choice;
  const scheme = loadSourceScheme(choice.scheme);
  // Told when it is needed; what fails before must not leave it unheard.
  scheme.catch(() => {});
  const source = openPinned(newFile, { followLinks: true });
  const store = new ChecksumStore(
    storeChoice(options.store, context.env),
    (problem) => context.logger.warn(problem),
  );
  const pool = new LanePool(threads, { mainWorks: true });
  const lanes = pool.group(threads, source.size + otherBytes, options.hw);
  // Fails here and at once where --hw=require cannot be had.
  const { missing } = await openBackend(options.hw);
  if (missing !== undefined && options.hw === "1") {
    context.logger.warn(`Hardware checksums are missing here, going on without: ${missing}`);
  }
  const view = new ProgressView(context.stderr, options.quiet ? "off" : options.progress);
  const end: SourceEnd = {
    file: source,
    reference: readReference(source),
    mtimeNs: BigInt(source.identity.mtimeNs),
    verifyUnchanged: () => source.verifyUnchanged(),
    parameters,
    confirm,
    mode,
    keeper: new RecordKeeper(source, store),
    hw: options.hw,
    lanes,
    clock: new StageClock(),
    progress: (which, stage, done, total) => view.update(`${which} ${stage}`, done, total),
    signal,
  };
  const shown = !options.quiet && options.progress !== "off" &&
    (context.stderr.isTerminal || options.progress === "on");
  return { source, pool, choice, store, scheme, end, view, shown };
}

/**
 * Runs the sync to its end.
 *
 * @param run What {@linkcode beginSync} gave; closed by the time this returns.
 * @param peer The server.
 * @param options The command's flags.
 * @param context The command's surroundings.
 * @param startedAt When the sync began, in ms of the process's clock.
 * @param target The name of what is written.
 * @returns What it did.
 */
export async function finishSync(
  run: SyncRun,
  peer: Peer,
  options: SyncOptions,
  context: CommandContext,
  startedAt: number,
  target: string,
): Promise<Summary> {
  let outcome: SyncOutcome;
  let elapsedMs: number;
  let digest: string;
  try {
    const push = await run.scheme;
    outcome = await push(run.end, peer);
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
  const { scheme, mode } = run.choice;
  return {
    scheme,
    mode: SCHEMES[scheme].modes ? mode : "",
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
    checksumsClient: outcome.checksums.client,
    checksumsServer: outcome.checksums.server,
    peakRssBytes: peakMemory(),
    verified: true,
    target,
  };
}

/**
 * Prints what a sync did, as the command's flags want it.
 *
 * @param summary What {@linkcode finishSync} gave.
 * @param options The command's flags.
 * @param context The command's surroundings.
 */
export function printSummary(
  summary: Summary,
  options: Pick<SyncOptions, "json" | "quiet">,
  { stdout }: CommandContext,
): void {
  if (options.quiet && !options.json) return;
  stdout.write(
    options.json
      ? summaryJson(summary) + "\n"
      : renderSummary(summary, { colour: stdout.colour, width: stdout.size().columns }),
  );
}

/** The most memory that this process has held so far, in bytes, where the system says so. */
function peakMemory(): number | null {
  try {
    const match = /^VmHWM:\s*(\d+) kB$/m.exec(Deno.readTextFileSync("/proc/self/status"));
    return match === null ? null : Number(match[1]) * 1024;
  } catch {
    return null;
  }
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
