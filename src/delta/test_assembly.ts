/** What the tests of assemblers share: an assembler of either kind over real files, with lanes in this thread. */
import fs from "node:fs";
import type { Numbers } from "../../tests/fixtures/seeded.ts";
import { createScanKernel } from "../chunking/kernel/scan_kernel.ts";
import { type ApplyFile, openForApply } from "../files/apply_file.ts";
import { openPinned, type PinnedFile } from "../files/pinned_file.ts";
import { writeFully } from "../files/positional.ts";
import type { TestFolder } from "../files/test_folder.ts";
import { newTurn, WriteTurn } from "../files/write_turn.ts";
import { STRONG_BYTES } from "../hashing/backend.ts";
import { openBackend } from "../hashing/select.ts";
import { SEGMENT_BYTES, sessionDigest } from "../hashing/session_digest.ts";
import { DeltaEncoder } from "./encoder.ts";
import { addTotals, type DeltaTotals, noTotals } from "./format.ts";
import { PatchReceiver } from "./patch_receiver.ts";
import { applyPieces, hashSegments } from "./piece_applier.ts";
import { buildSegment } from "./segment_builder.ts";
import { SequentialAssembler } from "./sequential_assembler.ts";
import { TargetAssembler } from "./target_assembler.ts";
import { type Edit, type EditScript, joined, lent, writeEdits } from "./test_scripts.ts";

const { backend } = await openBackend("0");
const kernel = createScanKernel(2 * SEGMENT_BYTES);

/** The digests of a file's segments. */
export function segmentsOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const segments = new Uint8Array(Math.ceil(bytes.length / SEGMENT_BYTES) * STRONG_BYTES);
  for (let i = 0; i * SEGMENT_BYTES < bytes.length; i++) {
    const end = Math.min((i + 1) * SEGMENT_BYTES, bytes.length);
    backend.strong(bytes, i * SEGMENT_BYTES, end, segments, i * STRONG_BYTES);
  }
  return segments;
}

/** The session digest of a file. */
export function digestOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return sessionDigest(backend, bytes.length, segmentsOf(bytes));
}

/** What an edit counts for. */
export function totalsOf(edits: readonly Edit[]): DeltaTotals {
  const encoder = new DeltaEncoder({ oldSize: 0, newSize: 0 }, () => {});
  writeEdits(encoder, edits);
  return { ...encoder.totals };
}

/** One stream of edits that is not the last of its patch. */
export function partOf(script: EditScript, edits: readonly Edit[]): Uint8Array<ArrayBuffer> {
  const pieces: Uint8Array[] = [];
  const encoder = new DeltaEncoder(sizesOf(script), (piece) => pieces.push(piece));
  writeEdits(encoder, edits);
  encoder.part();
  return joined(pieces);
}

/** A patch in several streams. */
export function bodiesOf(
  script: EditScript,
  parts: readonly (readonly Edit[])[],
): Uint8Array<ArrayBuffer>[] {
  const totals = noTotals();
  for (const part of parts) addTotals(totals, totalsOf(part));
  const last: Uint8Array[] = [];
  const encoder = new DeltaEncoder(sizesOf(script), (piece) => last.push(piece));
  writeEdits(encoder, parts.at(-1)!);
  encoder.end(digestOf(script.result), totals);
  return [...parts.slice(0, -1).map((part) => partOf(script, part)), joined(last)];
}

function sizesOf({ basis, result }: EditScript): { oldSize: number; newSize: number } {
  return { oldSize: basis.length, newSize: result.length };
}

/** A target being assembled over files, and what was asked of its lanes. */
export class TestAssembly {
  readonly assembler: SequentialAssembler | TargetAssembler;
  /** What each job is met with before it is done. */
  before: () => void = () => {};
  /** How many jobs were under way at once at most. */
  most = 0;
  /** The batches that were appended, as (target, length). */
  readonly appended: [number, number][] = [];
  /** The segments that were read back. */
  readonly readBack: number[] = [];
  readonly #next: Numbers;
  readonly #script: EditScript;
  readonly #basis: PinnedFile;
  readonly #target: ApplyFile;
  readonly #turn = new WriteTurn(newTurn());
  #underWay = 0;
  #last: Promise<unknown> = Promise.resolve();

  /**
   * @param folder Where the files are made: `old`, and `target`, which is a hole.
   * @param script What is to be done.
   * @param order Which kind of assembler.
   * @param next How long jobs take.
   */
  constructor(folder: TestFolder, script: EditScript, order: "any" | "target", next: Numbers) {
    this.#next = next;
    this.#script = script;
    this.#basis = openPinned(folder.write("old", script.basis));
    const path = folder.write("target", "");
    fs.truncateSync(path, script.result.length);
    const [basis, target] = [this.#basis, openForApply(path)];
    this.#target = target;
    const verify = (segments: Float64Array<ArrayBuffer>) =>
      this.#job(() => {
        this.readBack.push(...segments);
        return hashSegments(kernel, backend, target, segments);
      });
    const options = {
      size: script.result.length,
      digest: (size: number, segments: Uint8Array) => sessionDigest(backend, size, segments),
    };
    this.assembler = order === "target"
      ? new SequentialAssembler({
        ...options,
        lane: {
          append: (batch) =>
            this.#job(() => {
              this.appended.push([batch.target, batch.length]);
              return buildSegment(kernel, backend, basis, target, this.#turn, batch);
            }),
          verify,
        },
      })
      : new TargetAssembler({
        ...options,
        maxIntervals: 100_000,
        lanes: {
          depth: () => 2,
          apply: (pieces) =>
            this.#job(() => applyPieces(kernel, backend, basis, target, this.#turn, pieces)),
          verify,
        },
      });
  }

  /** Takes one stream of the patch. */
  receive(pieces: Iterable<Uint8Array>): ReturnType<PatchReceiver["receive"]> {
    const { fd } = this.#target;
    const receiver = new PatchReceiver(
      { ...sizesOf(this.#script), maxCommands: 1_000_000 },
      this.assembler,
      (bytes, position) => Promise.resolve(writeFully(fd, bytes, 0, bytes.length, position)),
    );
    return receiver.receive(lent(pieces));
  }

  /** Takes all streams, one after the other, and compares the whole. */
  async take(bodies: readonly (readonly Uint8Array[])[]): Promise<boolean> {
    for (const body of bodies) {
      const end = await this.receive(body);
      if (end.last) return await this.assembler.finish(end);
    }
    throw new Error("no stream was the last");
  }

  [Symbol.dispose](): void {
    this.#target.close();
    this.#basis.close();
  }

  /** Jobs are done one after the other, as a lane does them, and take turns by chance. */
  #job<T>(job: () => T): Promise<T> {
    this.most = Math.max(this.most, ++this.#underWay);
    const done = this.#last.then(async () => {
      for (let turns = this.#next(5); turns > 0; turns--) await Promise.resolve();
      this.before();
      return job();
    }).finally(() => this.#underWay--);
    this.#last = done.catch(() => {});
    return done;
  }
}
