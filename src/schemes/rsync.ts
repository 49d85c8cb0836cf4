/**
 * rsync (librsync's algorithm, as the ParaSync artifact has it): the server signs its file in fixed blocks, a
 * rolling and a strong checksum each; the client looks for these blocks at every place of its own file. The
 * signature travels in librsync's format, so that `rdiff` reads it too.
 *
 * As in the original, `hw` selects the strong checksum: BLAKE2b, or MD4, which is broken; the digest over the
 * whole decides either way.
 */
import { ParasyncError } from "../errors.ts";
import type { HardwareChoice } from "../hashing/backend.ts";
import { STRONG_LENGTHS } from "../hashing/suite.ts";
import { createBlockTable } from "../matching/block_table.ts";
import {
  encodeSignatureBlocks,
  encodeSignatureHeader,
  SignatureDecoder,
  type SignatureHeader,
  type SignatureKinds,
} from "../matching/librsync_signature.ts";
import { safeSize } from "../transport/messages.ts";
import { MAX_BLOCKS, requireBlockCount } from "./block_count.ts";
import { emitted } from "./emitted.ts";
import type { BasisEnd, SignatureAnswer, SourceEnd } from "./scheme.ts";
import type { BasisBlocks, SignaturePlan } from "./signature_plan.ts";

function kindsOf(hw: HardwareChoice): SignatureKinds {
  return { rolling: "rollsum", hash: hw === "0" ? "blake2b" : "md4" };
}

async function* answer(
  { basis, parameters, hw, lanes, clock, maxKeys, signal }: BasisEnd,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const block = parameters.avg;
  const kinds = kindsOf(hw);
  const strongBytes = STRONG_LENGTHS[kinds.hash];
  requireBlockCount(basis?.size ?? 0, block, maxKeys);
  yield encodeSignatureHeader({ ...kinds, block, strongBytes });
  if (basis === null) return;
  yield* emitted<Uint8Array<ArrayBuffer>>((emit) =>
    clock.time("signature", () =>
      lanes.sign(
        basis,
        block,
        { weak: kinds.rolling, strong: kinds.hash },
        (_first, { weaks, strong }) =>
          emit(encodeSignatureBlocks(weaks, strong, strongBytes, strongBytes)),
        signal,
      ))
  );
}

async function read(
  { session, body }: SignatureAnswer,
  { parameters, hw }: SourceEnd,
): Promise<BasisBlocks> {
  const block = parameters.avg;
  const basisSize = safeSize(session.basisSize, "basis_size");
  const count = requireBlockCount(basisSize, block, MAX_BLOCKS);
  const kinds = kindsOf(hw);
  const decoder = new SignatureDecoder("the server's signature");
  for await (const piece of body) {
    decoder.push(piece);
    const { header } = decoder;
    if (header !== undefined && !isAsAsked(header, kinds, block)) {
      throw foreign("it is not what was asked for");
    }
    if (decoder.count > count) throw foreign("it has more blocks than the basis");
  }
  const { header, weaks, strong } = decoder.finish();
  if (weaks.length !== count) {
    throw new ParasyncError("stream", "Cannot go on: the server's signature ends too early");
  }
  const { hash: strongName, rolling: weak, strongBytes } = header;
  const table = createBlockTable({
    block,
    basisSize,
    weak,
    strongName,
    strongBytes,
    weaks,
    strong,
  });
  return { table, count, bytes: decoder.bytes, stages: {}, checksums: "" };
}

function isAsAsked(header: SignatureHeader, kinds: SignatureKinds, block: number): boolean {
  return header.block === block && header.hash === kinds.hash &&
    header.rolling === kinds.rolling && header.strongBytes === STRONG_LENGTHS[kinds.hash];
}

function foreign(reason: string): ParasyncError {
  return new ParasyncError("bad_request", `Cannot read the server's signature: ${reason}`);
}

/** The plan of rsync. */
export const rsync: SignaturePlan = {
  name: "rsync",
  framed: false,
  answer,
  read,
  prefix: () => Promise.resolve(0),
};
