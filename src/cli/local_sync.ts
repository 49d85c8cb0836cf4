import fs from "node:fs";
import os from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { newSessionKey } from "../files/artefact.ts";
import { currentIdentity } from "../files/current_identity.ts";
import { openPinned } from "../files/pinned_file.ts";
import { Root } from "../files/root.ts";
import { openBackend } from "../hashing/select.ts";
import { LocalPeer } from "../schemes/local_peer.ts";
import { Reception } from "../schemes/reception.ts";
import { RecordKeeper } from "../schemes/record_keeper.ts";
import { loadKeyScheme, loadSignatureScheme } from "../schemes/registry.ts";
import type { BasisEnd, OpenedSession } from "../schemes/scheme.ts";
import { type SchemeName, SCHEMES } from "../schemes/scheme_name.ts";
import { sessionMessage } from "../schemes/session_message.ts";
import { StageClock } from "../telemetry/stages.ts";
import { MAX_KEYS } from "../transport/limits.ts";
import { readReference } from "../workers/file_reference.ts";
import type { CommandContext } from "./command.ts";
import type { Summary } from "./output/summary.ts";
import { sourceSize } from "./source_size.ts";
import { chooseSync, type SchemeFlags } from "./sync_choice.ts";
import { beginSync, finishSync, type SyncOptions } from "./sync_run.ts";

/** Both files of a sync in one process, and where its result goes. */
export interface LocalFiles {
  /** The old file. */
  readonly oldFile: string;
  /** The new file. */
  readonly newFile: string;
  /** Where the result goes; undefined: it is built in a temporary folder, verified and removed. */
  readonly output: string | undefined;
}

/**
 * Runs both ends of a sync in this process: the same messages and bodies as over HTTP, passed on in memory.
 *
 * @param files The files.
 * @param options The command's flags.
 * @param scheme The scheme of a program that has only one.
 * @param context The command's surroundings.
 * @returns What the sync did.
 */
export async function syncLocally(
  { oldFile, newFile, output }: LocalFiles,
  options: SyncOptions & SchemeFlags & { readonly fsync: boolean },
  scheme: SchemeName | undefined,
  context: CommandContext,
): Promise<Summary> {
  const startedAt = performance.now();
  // Signals are caught from here on, before there is anything that would be left behind.
  const { signal } = context;
  const basis = openPinned(oldFile, { followLinks: true });
  const scratch = output === undefined
    ? fs.mkdtempSync(join(os.tmpdir(), "parasync-local-"))
    : undefined;
  let peer: LocalPeer | undefined;
  try {
    const path = scratch === undefined ? resolve(output!) : join(scratch, "result");
    const location = Root.open(dirname(path)).locate(basename(path));
    const { size, allocated } = await sourceSize(newFile);
    const choice = chooseSync(options, scheme, context.given, size);
    const sync = await beginSync(newFile, options, context, choice, signal, basis.size);
    const { lanes, mtimeNs, parameters } = sync.end;
    const { backend, missing } = await openBackend(options.hw);
    const key = newSessionKey();
    const clock = new StageClock();
    const reference = readReference(basis);
    const { opens, order } = SCHEMES[choice.scheme];
    const end = (onOpen: (opened: OpenedSession) => void): BasisEnd => ({
      key,
      basis: reference,
      parameters,
      hw: options.hw,
      mode: choice.mode,
      keeper: new RecordKeeper(basis, sync.store),
      lanes,
      clock,
      backend: backend.name,
      notice: missing ?? "",
      maxPatchBytes: Number.MAX_SAFE_INTEGER,
      confirm: choice.confirm,
      maxKeys: MAX_KEYS,
      onOpen,
      signal,
    });
    const answerKeys = opens === "csums_queue" ? await loadKeyScheme(choice.scheme) : undefined;
    peer = new LocalPeer({
      confirm: choice.confirm,
      answer: (frames, onOpen) => answerKeys!(end(onOpen), frames),
      sign: async () => {
        const basisEnd = end(() => {});
        const { answer } = await loadSignatureScheme(choice.scheme);
        return {
          session: { $typeName: "parasync.v1.Session", ...sessionMessage(basisEnd) },
          body: answer(basisEnd),
          opened: { newSize: sync.source.size, newMtimeNs: mtimeNs },
        };
      },
      receive: ({ newSize }) =>
        Reception.open({
          location,
          key,
          basis,
          basisReference: reference,
          newSize,
          order,
          allocated,
          parameters,
          lanes,
          clock,
          commit: {
            expectTarget: currentIdentity(location),
            fsync: options.fsync,
            mtimeMs: Number(mtimeNs / 1_000_000n),
          },
        }),
      stages: () => clock.toMillis(),
    });
    return await finishSync(sync, peer, options, context, startedAt, output ?? "");
  } finally {
    await peer?.discard();
    basis.close();
    if (scratch !== undefined) fs.rmSync(scratch, { recursive: true, force: true });
  }
}
