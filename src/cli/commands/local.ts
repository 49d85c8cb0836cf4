import fs from "node:fs";
import os from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { newSessionKey } from "../../files/artefact.ts";
import { currentIdentity } from "../../files/current_identity.ts";
import { openPinned } from "../../files/pinned_file.ts";
import { Root } from "../../files/root.ts";
import { openBackend } from "../../hashing/select.ts";
import { answerParasync } from "../../schemes/parasync_basis.ts";
import { LocalPeer } from "../../schemes/local_peer.ts";
import { Reception } from "../../schemes/reception.ts";
import { StageClock } from "../../telemetry/stages.ts";
import { MAX_KEYS } from "../../transport/limits.ts";
import type { CommandContext, OptionsOf } from "../command.ts";
import { chosenParameters } from "../chunk_size.ts";
import { sourceSize } from "../source_size.ts";
import { beginSync, finishSync } from "../sync_run.ts";

/**
 * `local OLD NEW`: both ends of a sync in this process, to try a scheme out or to make a file from a delta.
 *
 * Without `--output` the result is built in a temporary folder, verified and removed.
 *
 * @param options The flags.
 * @param positionals OLD and NEW.
 * @param context The surroundings.
 * @returns 0.
 */
export async function run(
  options: OptionsOf<"local">,
  positionals: readonly string[],
  context: CommandContext,
): Promise<number> {
  const startedAt = performance.now();
  const [oldFile, newFile] = [positionals[0]!, positionals[1]!];
  // Signals are caught from here on, before there is anything that would be left behind.
  const { signal } = context;
  const basis = openPinned(oldFile, { followLinks: true });
  const scratch = options.output === undefined
    ? fs.mkdtempSync(join(os.tmpdir(), "parasync-local-"))
    : undefined;
  let peer: LocalPeer | undefined;
  try {
    const output = scratch === undefined ? resolve(options.output!) : join(scratch, "result");
    const location = Root.open(dirname(output)).locate(basename(output));
    const { size, allocated } = await sourceSize(newFile);
    const parameters = chosenParameters(options.chunkSize, size);
    const sync = await beginSync(
      newFile,
      options,
      context,
      parameters,
      signal,
      basis.size,
    );
    const { lanes } = sync.end;
    const { backend, missing } = await openBackend(options.hw);
    const key = newSessionKey();
    const clock = new StageClock();
    const reference = {
      path: basis.path,
      name: basis.name,
      identity: basis.identity,
      size: basis.size,
      turn: null,
    };
    peer = new LocalPeer({
      confirm: options.confirm,
      answer: (frames, onOpen) =>
        answerParasync({
          key,
          basis: reference,
          parameters,
          lanes,
          clock,
          backend: backend.name,
          notice: missing ?? "",
          maxPatchBytes: Number.MAX_SAFE_INTEGER,
          confirm: options.confirm,
          maxKeys: MAX_KEYS,
          onOpen,
          signal,
        }, frames),
      receive: ({ newSize }) =>
        Reception.open({
          location,
          key,
          basis,
          basisReference: reference,
          newSize,
          allocated,
          parameters,
          lanes,
          clock,
          commit: {
            expectTarget: currentIdentity(location),
            fsync: options.fsync,
            mtimeMs: Number(sync.end.mtimeNs / 1_000_000n),
          },
        }),
      stages: () => clock.toMillis(),
    });
    await finishSync(sync, peer, options, context, startedAt, options.output ?? "");
    return 0;
  } finally {
    await peer?.discard();
    basis.close();
    if (scratch !== undefined) fs.rmSync(scratch, { recursive: true, force: true });
  }
}
