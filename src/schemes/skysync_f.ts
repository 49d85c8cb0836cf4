/**
 * skysync_f (SkySync, FAST'26, §3): both ends take the checksums of their files' aligned blocks from where the
 * storage keeps them; blocks that agree from the beginning on are copies without a look at the data, and behind
 * them the client rolls a CRC-32 over the new file and compares SHA-256.
 *
 * `hw` changes only who computes the checksums that are not stored.
 */
import { isFailureCode, ParasyncError } from "../errors.ts";
import { type BlockTable, createBlockTable } from "../matching/block_table.ts";
import { decodeWords, encodeWords } from "../transport/columns.ts";
import { readFrames } from "../transport/framing.ts";
import { answerFrame, readAnswer, safeSize } from "../transport/messages.ts";
import { MAX_BLOCKS, requireBlockCount } from "./block_count.ts";
import { recordOrigin, SKYSYNC_SUITE } from "./record_keeper.ts";
import type { BasisEnd, SignatureAnswer, SourceEnd } from "./scheme.ts";
import type { BasisBlocks, SignaturePlan } from "./signature_plan.ts";
import { waitedFor } from "./waiting.ts";

/** Blocks in one message: 2.3 MB, below the longest frame. */
const MESSAGE_BLOCKS = 1 << 16;

/** Bytes in a strong checksum. */
const STRONG_BYTES = 32;

async function* answer(end: BasisEnd): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const { keeper, clock, lanes, parameters, signal } = end;
  requireBlockCount(end.basis?.size ?? 0, parameters.avg, end.maxKeys);
  const total = BigInt(end.basis?.size ?? 0);
  const { weaks, strong } = yield* waitedFor(
    keeper.obtain({ block: parameters.avg, lanes, clock, stage: "", signal }),
    () => answerFrame({ case: "progress", value: { stage: "checksums", done: 0n, total } }),
  );
  for (let first = 0; first < weaks.length; first += MESSAGE_BLOCKS) {
    const last = first + MESSAGE_BLOCKS;
    yield answerFrame({
      case: "blockChecksums",
      value: {
        first,
        weak: encodeWords(weaks.subarray(first, last)),
        strong: strong.subarray(first * STRONG_BYTES, last * STRONG_BYTES),
      },
    });
  }
  yield answerFrame({
    case: "done",
    value: {
      stages: Object.entries(clock.toMillis()).map(([name, ms]) => ({ name, ms })),
      chunks: weaks.length,
      keys: 0,
      present: 0,
      strongBytes: BigInt(keeper.origin === "computed" ? end.basis?.size ?? 0 : 0),
      checksums: keeper.origin,
    },
  });
}

async function read(
  { session, body }: SignatureAnswer,
  { parameters, progress }: SourceEnd,
): Promise<BasisBlocks> {
  const block = parameters.avg;
  const basisSize = safeSize(session.basisSize, "basis_size");
  const count = requireBlockCount(basisSize, block, MAX_BLOCKS);
  const columns = { weaks: new Uint32Array(0), strong: new Uint8Array(0) };
  let held = 0;
  let bytes = 0;
  for await (const frame of readFrames(body)) {
    bytes += frame.length;
    const answer = readAnswer(frame).frame;
    switch (answer.case) {
      case "blockChecksums": {
        const weaks = decodeWords(answer.value.weak, "weak");
        const { first, strong } = answer.value;
        if (
          first !== held || held + weaks.length > count ||
          strong.length !== weaks.length * STRONG_BYTES
        ) throw malformed("its blocks are out of their order or number");
        // Room is made when there is something to hold, not because a peer says how large its file is.
        if (held + weaks.length > columns.weaks.length) grow(columns, held + weaks.length, count);
        columns.weaks.set(weaks, held);
        columns.strong.set(strong, held * STRONG_BYTES);
        held += weaks.length;
        break;
      }
      case "done": {
        if (held !== count) throw malformed("blocks are missing");
        const stages: Record<string, number> = {};
        for (const { name, ms } of answer.value.stages) stages[name] = ms;
        const table = createBlockTable({
          block,
          basisSize,
          weak: "crc32",
          strongName: SKYSYNC_SUITE.strong,
          strongBytes: STRONG_BYTES,
          weaks: columns.weaks.subarray(0, count),
          strong: columns.strong.subarray(0, count * STRONG_BYTES),
        });
        return { table, count, bytes, stages, checksums: recordOrigin(answer.value.checksums) };
      }
      case "progress":
        progress("server", answer.value.stage, 0, basisSize);
        break;
      case "problem": {
        const { code, message } = answer.value;
        throw new ParasyncError(isFailureCode(code) ? code : "internal", message);
      }
      default:
        throw malformed(`it has a ${answer.case}`);
    }
  }
  throw new ParasyncError("stream", "Cannot go on: the server's checksums end too early");
}

function grow(
  columns: { weaks: Uint32Array; strong: Uint8Array },
  needed: number,
  count: number,
): void {
  const room = Math.min(count, Math.max(needed, 2 * columns.weaks.length));
  const { weaks, strong } = columns;
  columns.weaks = new Uint32Array(room);
  columns.weaks.set(weaks);
  columns.strong = new Uint8Array(room * STRONG_BYTES);
  columns.strong.set(strong);
}

/** The blocks at the beginning whose stored checksums are the same at both ends (§3, Fig. 7). */
async function prefix(end: SourceEnd, { table, count }: BasisBlocks): Promise<number> {
  const { keeper, clock, lanes, parameters, file, signal } = end;
  const block = parameters.avg;
  const own = await keeper.obtain({ block, lanes, clock, stage: "client ", signal });
  const blocks = Math.min(count, own.weaks.length);
  let same = 0;
  while (same < blocks && sameBlock(table, own, same)) same++;
  if (same === 0) return 0;
  // A short last block agrees with a whole one only by accident of both checksums.
  const bytes = Math.min(same * block, file.size, table.basisSize);
  return bytes === file.size || bytes % block === 0 ? bytes : (same - 1) * block;
}

function sameBlock(
  { weaks, strong }: BlockTable,
  own: { readonly weaks: Uint32Array; readonly strong: Uint8Array },
  index: number,
): boolean {
  if (weaks[index] !== own.weaks[index]) return false;
  const at = index * STRONG_BYTES;
  for (let i = at; i < at + STRONG_BYTES; i++) if (strong[i] !== own.strong[i]) return false;
  return true;
}

function malformed(reason: string): ParasyncError {
  return new ParasyncError("bad_request", `Cannot read block checksums: ${reason}`);
}

/** The plan of skysync_f. */
export const skysyncF: SignaturePlan = { name: "skysync_f", framed: true, answer, read, prefix };
