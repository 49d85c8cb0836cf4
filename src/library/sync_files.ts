import os from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { newSessionKey } from "../files/artefact.ts";
import { currentIdentity } from "../files/current_identity.ts";
import { availableCodings } from "../delta/coding.ts";
import { openPinned } from "../files/pinned_file.ts";
import { Root } from "../files/root.ts";
import { openBackend } from "../hashing/select.ts";
import { fs } from "../node.ts";
import { KnownSegments } from "../schemes/known_segments.ts";
import { LocalPeer } from "../schemes/local_peer.ts";
import { Reception } from "../schemes/reception.ts";
import { RecordKeeper } from "../schemes/record_keeper.ts";
import { Refinement } from "../schemes/refinement.ts";
import { loadKeyScheme, loadSignatureScheme } from "../schemes/registry.ts";
import type { BasisEnd, OpenedSession } from "../schemes/scheme.ts";
import { SCHEMES } from "../schemes/scheme_name.ts";
import { sessionMessage } from "../schemes/session_message.ts";
import { StageClock } from "../telemetry/stages.ts";
import { MAX_KEYS } from "../transport/limits.ts";
import { readReference } from "../workers/file_reference.ts";
import { beginSync, finishSync } from "./source_sync.ts";
import { sourceSize } from "./source_size.ts";
import type { Summary } from "./summary.ts";
import type { SyncObserver, SyncTask } from "./sync_task.ts";

/** A sync of files of this machine, whoever asks for it. */
export interface FilesTask extends SyncTask {
  /** The old file; a link is followed. */
  readonly oldFile: string;
  /** The new file; a link is followed. */
  readonly newFile: string;
  /** Where the result goes; undefined: it is built in a temporary folder, verified and removed. */
  readonly output: string | undefined;
  /** Whether the result is on the disk before it is reported. */
  readonly fsync: boolean;
}

/**
 * Runs both ends of a sync in this process: the same messages and bodies as over HTTP, passed on in memory.
 *
 * @param task What to sync.
 * @returns What the sync did.
 * @throws {ParasyncError} What keeps it from being done; what is at `output` is as it was then.
 */
export async function syncFiles(task: FilesTask): Promise<Summary> {
  const startedAt = performance.now();
  const { oldFile, newFile, output, dry, signal } = task;
  signal.throwIfAborted();
  const basis = openPinned(oldFile, { followLinks: true });
  let scratch: string | undefined;
  let peer: LocalPeer | undefined;
  let observer: SyncObserver | undefined;
  try {
    if (output === undefined && dry === undefined) {
      scratch = fs.mkdtempSync(join(os.tmpdir(), "parasync-local-"));
    }
    // A dry run writes nothing there.
    const path = output === undefined ? join(scratch ?? os.tmpdir(), "result") : resolve(output);
    const location = Root.open(dirname(path)).locate(basename(path));
    const { size, allocated } = await sourceSize(newFile);
    const choice = task.choose(size);
    observer = await task.observe();
    const sync = await beginSync(newFile, choice, task, observer, basis.size);
    const { source, store } = sync;
    const { lanes, mtimeNs, parameters } = sync.end;
    const { backend, missing } = await openBackend(task.hw);
    const key = newSessionKey();
    const clock = new StageClock();
    const reference = readReference(basis);
    const known = new KnownSegments(basis);
    const { opens, order } = SCHEMES[choice.scheme];
    const end = (onOpen: (opened: OpenedSession) => void): BasisEnd => ({
      key,
      basis: reference,
      parameters,
      hw: task.hw,
      mode: choice.mode,
      keeper: new RecordKeeper(basis, store, dry === undefined),
      known,
      lanes,
      clock,
      backend: backend.name,
      notice: missing ?? "",
      maxPatchBytes: Number.MAX_SAFE_INTEGER,
      confirm: choice.confirm,
      codings: availableCodings().join(","),
      maxKeys: MAX_KEYS,
      onOpen,
      signal,
    });
    const answerKeys = opens === "csums_queue" ? await loadKeyScheme(choice.scheme) : undefined;
    const refinement = new Refinement({ basis: reference, lanes, clock, signal });
    peer = new LocalPeer({
      confirm: choice.confirm,
      answer: (frames, onOpen) => answerKeys!(end(onOpen), frames),
      sign: async () => {
        const basisEnd = end(() => {});
        const { answer } = await loadSignatureScheme(choice.scheme);
        return {
          session: { $typeName: "parasync.v1.Session", ...sessionMessage(basisEnd) },
          body: answer(basisEnd),
          opened: { newSize: source.size, newMtimeNs: mtimeNs },
        };
      },
      refine: (frame) => refinement.answer(frame),
      receive: ({ newSize }) =>
        Reception.open({
          location,
          key,
          basis,
          basisReference: reference,
          known,
          newSize,
          order,
          allocated,
          parameters,
          lanes,
          clock,
          commit: {
            expectTarget: currentIdentity(location),
            fsync: task.fsync,
            mtimeMs: Number(mtimeNs / 1_000_000n),
          },
        }),
      stages: () => clock.toMillis(),
      timeline: (origin) => clock.timeline(origin),
    });
    return await finishSync(sync, peer, task, observer, startedAt, output ?? "");
  } finally {
    await peer?.discard();
    basis.close();
    if (scratch !== undefined) fs.rmSync(scratch, { recursive: true, force: true });
    observer?.finish();
  }
}
