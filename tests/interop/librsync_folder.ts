/** A folder with an old and a new file, in which we do what rdiff does, without a program of ours. */
import { applyDelta, measureDelta } from "../../src/delta/librsync_patch.ts";
import type { LibrsyncTotals } from "../../src/delta/librsync_delta.ts";
import { newSessionKey } from "../../src/files/artefact.ts";
import { OutputFile } from "../../src/files/output_file.ts";
import { openPinned } from "../../src/files/pinned_file.ts";
import { TargetFile } from "../../src/files/target_file.ts";
import { TestFolder } from "../../src/files/test_folder.ts";
import type { SignatureHeader } from "../../src/matching/librsync_signature.ts";
import { readSignature, writeDelta, writeSignature } from "../../src/schemes/librsync_files.ts";
import type { LaneGroup } from "../../src/workers/lane_group.ts";
import { readReference } from "../../src/workers/file_reference.ts";

const NEVER = new AbortController().signal;
const COMMIT = { basis: null, expectTarget: "any", fsync: false } as const;

/** The folder; names are relative to it. */
export class LibrsyncFolder extends TestFolder {
  /** Makes the signature of a file. */
  async signature(
    old: string,
    signature: string,
    header: SignatureHeader,
    lanes: LaneGroup,
  ): Promise<void> {
    using file = openPinned(this.join(old));
    using output = OutputFile.create(this.locate(signature), NEVER);
    await writeSignature(file, header, lanes, (bytes) => output.append(bytes), NEVER);
    await lanes.release([readReference(file)]);
    await output.commit(COMMIT);
  }

  /** Makes the delta from a signature to a file. */
  async delta(
    signature: string,
    file: string,
    delta: string,
    lanes: LaneGroup,
  ): Promise<LibrsyncTotals> {
    using signed = openPinned(this.join(signature));
    using source = openPinned(this.join(file));
    using output = OutputFile.create(this.locate(delta), NEVER);
    const read = readSignature(signed);
    const write = (bytes: Uint8Array): void => output.append(bytes);
    const totals = await writeDelta(read, source, lanes, write, NEVER);
    await lanes.release([readReference(source)]);
    await output.commit(COMMIT);
    return totals;
  }

  /** Builds the new file. */
  async patch(old: string, delta: string, file: string): Promise<void> {
    using basis = openPinned(this.join(old));
    using change = openPinned(this.join(delta));
    const { newSize: size } = measureDelta(change, basis.size);
    const location = this.locate(file);
    await using target = TargetFile.create({ location, key: newSessionKey(), size });
    await applyDelta(basis, change, (bytes, position) => target.writeAt(bytes, position));
    await target.commit(COMMIT);
  }
}
