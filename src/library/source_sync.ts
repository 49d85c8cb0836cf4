import { ChecksumStore } from "../files/checksum_store.ts";
import { openPinned, type PinnedFile } from "../files/pinned_file.ts";
import { readProc } from "../files/proc_file.ts";
import { openBackend } from "../hashing/select.ts";
import { DryPeer } from "../schemes/dry_peer.ts";
import { RecordKeeper } from "../schemes/record_keeper.ts";
import { loadSourceScheme } from "../schemes/registry.ts";
import type { Peer, SourceEnd, SourceScheme, SyncOutcome } from "../schemes/scheme.ts";
import { SCHEMES } from "../schemes/scheme_name.ts";
import { StageClock } from "../telemetry/stages.ts";
import { readReference } from "../workers/file_reference.ts";
import { LanePool } from "../workers/pool.ts";
import { estimateMillis } from "./given_line.ts";
import { wireTime } from "./source_size.ts";
import type { Summary } from "./summary.ts";
import type { SyncChoice } from "./sync_choice.ts";
import type { SyncObserver, SyncTask } from "./sync_task.ts";

/** A sync whose new file is open. */
export interface SourceSync {
  /** The new file. */
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
}

/**
 * Opens the new file and sets the lanes up, so that they start while the server is being asked.
 *
 * @param newFile Its path; a link is followed.
 * @param choice How the sync is done.
 * @param task What was asked for.
 * @param observer Who is told of it.
 * @param otherBytes How many bytes there are to work on beside the new file, in this process.
 * @returns The sync, which {@linkcode finishSync} closes.
 * @throws {ParasyncError} `usage` where `hw` requires what is missing, or what keeps the file from being opened.
 */
export async function beginSync(
  newFile: string,
  choice: SyncChoice,
  { hw, store: storeChoice, dry, signal }: SyncTask,
  { progress, warn }: SyncObserver,
  otherBytes = 0,
): Promise<SourceSync> {
  const { threads, parameters, confirm, mode, refine, compress } = choice;
  const scheme = loadSourceScheme(choice.scheme);
  // Told when it is needed; what fails before must not leave it unheard.
  scheme.catch(() => {});
  const source = openPinned(newFile, { followLinks: true });
  const pool = new LanePool(threads, { mainWorks: true });
  try {
    const store = new ChecksumStore(storeChoice, warn);
    const lanes = pool.group(threads, source.size + otherBytes, hw);
    // Fails here and at once where native checksums are required and cannot be had.
    const { missing } = await openBackend(hw);
    if (missing !== undefined && hw === "1") {
      warn(`Hardware checksums are missing here, going on without: ${missing}`);
    }
    const end: SourceEnd = {
      file: source,
      reference: readReference(source),
      mtimeNs: wireTime(BigInt(source.identity.mtimeNs)),
      verifyUnchanged: () => source.verifyUnchanged(),
      parameters,
      confirm,
      mode,
      refine,
      compress,
      keeper: new RecordKeeper(source, store, dry === undefined),
      hw,
      lanes,
      lanesBeside: () => pool.besideMain(threads, hw),
      clock: new StageClock(),
      progress,
      signal,
    };
    return { source, pool, choice, store, scheme, end };
  } catch (error) {
    pool.close();
    source.close();
    throw error;
  }
}

/**
 * Runs the sync to its end.
 *
 * @param sync What {@linkcode beginSync} gave; closed by the time this returns.
 * @param peer The server.
 * @param task What was asked for.
 * @param observer Who is told of it; not finished by this.
 * @param startedAt When the sync began, in ms of the process's clock.
 * @param target The name of what is written.
 * @returns What it did.
 */
export async function finishSync(
  sync: SourceSync,
  peer: Peer,
  { hw, digest: digestKind, dry }: SyncTask,
  { warn, timeline }: SyncObserver,
  startedAt: number,
  target: string,
): Promise<Summary> {
  const dryPeer = dry && new DryPeer(peer, dry.line, sync.end.signal);
  let outcome: SyncOutcome;
  let elapsedMs: number;
  let digest: string;
  try {
    const push = await sync.scheme;
    outcome = await push(sync.end, dryPeer ?? peer);
    elapsedMs = performance.now() - startedAt;
    digest = digestKind === "session" ? hexOf(outcome.digest) : await digestOf(sync.source);
  } finally {
    sync.pool.close();
    sync.source.close();
  }
  timeline?.([
    ...sync.end.clock.timeline(startedAt),
    ...(peer.timeline?.(startedAt) ?? []).map((time) => ({
      ...time,
      stage: `server ${time.stage}`,
    })),
  ], elapsedMs);
  const { backend } = await openBackend(hw);
  if (outcome.notice !== "" && hw === "1") {
    warn(`Hardware checksums are missing at the server: ${outcome.notice}`);
  }
  const { scheme, mode } = sync.choice;
  const { upBytes, downBytes } = outcome;
  const roundTrips = dryPeer?.roundTrips ?? null;
  const estimatedMs = dry?.line === undefined || roundTrips === null
    ? null
    : estimateMillis(dry.line, { upBytes, downBytes, roundTrips });
  return {
    scheme,
    mode: SCHEMES[scheme].modes ? mode : "",
    threads: sync.end.lanes.threads,
    hwRequested: hw,
    hwClient: backend.name,
    hwServer: outcome.serverBackend,
    oldBytes: outcome.oldBytes,
    newBytes: outcome.newBytes,
    wireUpBytes: upBytes,
    wireDownBytes: downBytes,
    unchangedBytes: outcome.unchangedBytes,
    resumedBytes: outcome.resumedBytes,
    refinedBytes: outcome.refined.bytes,
    refineRounds: outcome.refined.rounds,
    refineWireBytes: outcome.refined.upBytes + outcome.refined.downBytes,
    deltaBytes: outcome.deltaBytes,
    coding: outcome.coding,
    codingSavedBytes: outcome.savedBytes,
    copiedBytes: outcome.totals.copiedBytes,
    literalBytes: outcome.totals.literalBytes,
    zeroBytes: outcome.totals.zeroBytes,
    copies: outcome.totals.copies,
    literals: outcome.totals.literals,
    chunksOld: outcome.chunksOld,
    chunksNew: outcome.chunksNew,
    chunksMatched: outcome.chunksMatched,
    elapsedMs: Math.round(elapsedMs * 1000) / 1000,
    // Where a line is given, the real one is not measured.
    rttMs: dry?.line === undefined ? Math.round(outcome.rttMs * 1000) / 1000 : null,
    stages: outcome.stages,
    digest,
    digestKind,
    checksumsClient: outcome.checksums.client,
    checksumsServer: outcome.checksums.server,
    peakRssBytes: peakMemory(),
    dryRun: dry !== undefined,
    line: dry?.line?.name ?? "",
    roundTrips,
    estimatedMs: estimatedMs && Math.round(estimatedMs * 1000) / 1000,
    verified: dry === undefined,
    target,
  };
}

/** The most memory that this process has held so far, in bytes, where the system says so. */
function peakMemory(): number | null {
  try {
    const match = /^VmHWM:\s*(\d+) kB$/m.exec(readProc("/proc/self/status"));
    return match === null ? null : Number(match[1]) * 1024;
  } catch {
    return null;
  }
}

/** The result's BLAKE3 is the new file's: their session digests agree, and this file is still the same. */
async function digestOf(source: PinnedFile): Promise<string> {
  const { blake3OfFile } = await import("../hashing/file_digest.ts");
  const digest = hexOf(blake3OfFile(source));
  source.verifyUnchanged();
  return digest;
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
