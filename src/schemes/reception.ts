import type { ChunkParameters } from "../chunking/parameters.ts";
import type { Assembler } from "../delta/assembler.ts";
import { type DeltaTotals, noTotals } from "../delta/format.ts";
import { PatchReceiver } from "../delta/patch_receiver.ts";
import { SequentialAssembler } from "../delta/sequential_assembler.ts";
import { TargetAssembler } from "../delta/target_assembler.ts";
import { type FailureCode, ParasyncError } from "../errors.ts";
import { artefactPath } from "../files/artefact.ts";
import { unlinkQuietly } from "../files/directory_entry.ts";
import { sameFile } from "../files/identity.ts";
import type { Location } from "../files/location.ts";
import type { PartialRecord } from "../files/partial_record.ts";
import type { PinnedFile } from "../files/pinned_file.ts";
import { type CommitOptions, type CommitResult, commitUnchanged } from "../files/target_commit.ts";
import { newTurn } from "../files/write_turn.ts";
import { TargetFile } from "../files/target_file.ts";
import { openBackend } from "../hashing/select.ts";
import { SEGMENT_BYTES, sessionDigest } from "../hashing/session_digest.ts";
import { fs } from "../node.ts";
import type { KnownSegments } from "./known_segments.ts";
import { LEAST_REFINED_BLOCK, MAX_REFINED_COPIES } from "./refine_limits.ts";
import type { AdoptedTarget, Confirmation } from "./scheme.ts";
import type { StageClock } from "../telemetry/stages.ts";
import type { FileReference } from "../workers/jobs.ts";
import type { LaneGroup } from "../workers/lane_group.ts";

/** The most separate ranges of a target to keep account of, 16 bytes each: far more than any honest order makes. */
const MAX_INTERVALS = 16 << 20;

/** Computes the session digest from the segments' digests. */
type SegmentsDigest = (size: number, segments: Uint8Array) => Uint8Array;

/** What a reception builds. */
export interface ReceptionOptions {
  /** Where the result goes. */
  readonly location: Location;
  /** The session's key. */
  readonly key: string;
  /** The basis; null where there is none. */
  readonly basis: PinnedFile | null;
  /** The basis, as lanes open it. */
  readonly basisReference: FileReference | null;
  /** What is known of the basis by now; absent: nothing. */
  readonly known?: KnownSegments | undefined;
  /** Size of the new file in bytes. */
  readonly newSize: number;
  /** Bytes of disk that the new file takes, if that is known: fewer than its size if it has holes. */
  readonly allocated: number | undefined;
  /** The sizes the new file was cut by; they bound the number of commands. */
  readonly parameters: ChunkParameters;
  /** The folder of the temporary, a real path; absent: the target's folder. */
  readonly directory?: string | undefined;
  /** Whether and where it is noted whose temporary it is, so that another session can go on with it. */
  readonly record?: PartialRecord | undefined;
  /** The key of the interrupted session whose temporary is to be completed. */
  readonly adopt?: string | undefined;
  /** Whether commands come in the order of the target, and from one stream after the other; any where absent. */
  readonly order?: "any" | "target";
  /** How to commit. */
  readonly commit: Omit<CommitOptions, "basis">;
  /** Who works. */
  readonly lanes: LaneGroup;
  /** Where stages are timed. */
  readonly clock: StageClock;
}

/** What came of a body of a patch. */
export type Received =
  | { readonly kind: "part" }
  | {
    readonly kind: "committed";
    readonly commit: CommitResult;
    /** What the patch held, without a repair. */
    readonly totals: Readonly<DeltaTotals>;
  }
  /** The result is not the new file; a repair may follow. */
  | { readonly kind: "mismatch"; readonly segments: Uint8Array };

/** After these the same client may come again, and what it has brought is worth keeping. */
const INTERRUPTIONS: ReadonlySet<FailureCode> = new Set([
  "stream",
  "timeout",
  "interrupted",
  "busy",
  "changed",
]);

/** The server's end of a patch: from the first body to the commit. */
export class Reception implements AdoptedTarget {
  readonly #options: ReceptionOptions;
  readonly #target: TargetFile;
  readonly #assembler: Assembler;
  /** The temporary, as lanes open it. */
  readonly reference: FileReference;
  readonly #maxCommands: number;
  #streams = 0;
  #totals: Readonly<DeltaTotals> = noTotals();
  #idle: () => void = () => {};
  #over = false;
  #mismatched = false;
  #discarded: Promise<void> | undefined;
  #committed: Promise<CommitResult> | undefined;
  /** Whether the body that ends the patch is here. */
  #ending = false;

  /** Use {@linkcode Reception.open}. */
  private constructor(
    options: ReceptionOptions,
    target: TargetFile,
    assembler: Assembler,
    reference: FileReference,
  ) {
    this.#options = options;
    this.reference = reference;
    this.#target = target;
    this.#assembler = assembler;
    this.#maxCommands = maxCommands(options);
  }

  /**
   * Makes the temporary file and all that fills it.
   *
   * @param options What to build.
   * @throws {ParasyncError} `no_space` and what else keeps the temporary from being made.
   */
  static async open(options: ReceptionOptions): Promise<Reception> {
    const { location, key, newSize, lanes } = options;
    const { backend } = await openBackend(lanes.hw);
    const { record, adopt } = options;
    const made = {
      location,
      key,
      directory: options.directory,
      size: newSize,
      reserve: options.allocated === undefined ? undefined : Math.min(newSize, options.allocated),
    };
    const left = record?.read() ?? null;
    if (left === key) {
      // Another process of this folder has begun on it; a new session goes on with what it has.
      throw new ParasyncError(
        "stream",
        "Cannot go on: another server had begun on the target; sync again",
      );
    }
    let target: TargetFile;
    if (adopt === undefined) {
      // What is not gone on with is in the way of the room that this one needs.
      if (left !== null) unlinkQuietly(artefactPath(record!.directory, left, "part"));
      // Before it is there: whoever is killed meanwhile leaves nothing that nobody knows of.
      record?.write(key);
      try {
        target = TargetFile.create({ ...made, later: canStay(options) });
      } catch (error) {
        record?.remove(key);
        throw error;
      }
    } else {
      target = TargetFile.adopt(made, adopt);
      record?.write(key);
    }
    const reference: FileReference = {
      path: target.path,
      name: location.name,
      identity: target.identity,
      size: newSize,
      turn: newTurn(),
    };
    const digest = (size: number, segments: Uint8Array): Uint8Array =>
      sessionDigest(backend, size, segments);
    const assembler = options.order === "target"
      ? appending(options, reference, digest)
      : placing(options, target, reference, digest);
    return new Reception(options, target, assembler, reference);
  }

  /** Bytes of the target that are in their place. */
  get covered(): number {
    return this.#assembler.covered;
  }

  /** @throws {ParasyncError} `changed` where another session has taken the temporary over. */
  verifyInPlace(): void {
    if (!this.#over) this.#target.verifyInPlace();
  }

  hold(segment: number): void {
    if ("hold" in this.#assembler) this.#assembler.hold(segment);
  }

  async clear(segment: number): Promise<void> {
    const begin = segment * SEGMENT_BYTES;
    const length = Math.min(SEGMENT_BYTES, this.#options.newSize - begin);
    await this.#target.writeAt(new Uint8Array(length), begin);
  }

  /**
   * Takes one body of the patch; with the last one it verifies and commits.
   *
   * @param pieces The body, as it arrives.
   * @param confirm What proves that content is equal: under `target` a mismatch may be repaired once.
   * @param repair Whether the body is that repair.
   * @returns What came of it.
   * @throws {ParasyncError} Whatever went wrong; the target is as it was, and the reception is over.
   */
  async receive(
    pieces: AsyncIterable<Uint8Array>,
    confirm: Confirmation,
    repair = false,
  ): Promise<Received> {
    const { clock, basis, newSize } = this.#options;
    if (this.#over) throw new ParasyncError("changed", "Cannot take patch: the session is over");
    // What comes while the whole is being verified would be committed without being looked at.
    if (this.#ending || repair !== this.#mismatched) {
      throw new ParasyncError("bad_request", "Cannot take patch: it is not its turn");
    }
    this.#ending = repair;
    this.#streams++;
    try {
      if (repair) this.#assembler.beginRepair();
      const receiver = new PatchReceiver(
        {
          oldSize: basis?.size ?? 0,
          newSize,
          maxCommands: this.#maxCommands,
          heldBytes: () => "heldBytes" in this.#assembler ? this.#assembler.heldBytes : 0,
        },
        this.#assembler,
        (bytes, position) => this.#target.writeAt(bytes, position),
      );
      const end = await clock.time(
        "receive",
        () => receiver.receive(clock.awaited("receive", pieces)),
      );
      if (end.last) this.#totals = end.totals;
      if (!end.last && !repair) return { kind: "part" };
      if (this.#ending && !repair) {
        throw new ParasyncError("bad_request", "Cannot take patch: it ends twice");
      }
      this.#ending = true;
      while (this.#streams > 1) {
        await new Promise<void>((resolve) => this.#idle = resolve);
      }
      const same = await clock.time(
        "verify",
        () => end.last ? this.#assembler.finish(end) : this.#assembler.finishRepair(),
      );
      if (same) return { kind: "committed", commit: await this.#commit(), totals: this.#totals };
      basis?.verifyUnchanged();
      if (confirm === "chunk" || repair) throw mismatch();
      this.#mismatched = true;
      this.#ending = false;
      return { kind: "mismatch", segments: this.#assembler.segments };
    } catch (error) {
      this.#assembler.fail(error);
      await this.discard(
        error instanceof ParasyncError ? error : new ParasyncError("internal", "Cannot go on"),
      );
      // What the basis did explains more than what came of it.
      basis?.verifyUnchanged();
      throw error;
    } finally {
      this.#streams--;
      this.#idle();
    }
  }

  /**
   * Gives up: the target stays as it is. The temporary is removed, or, after an interruption, kept for the session
   * that goes on with it.
   *
   * @param reason What those are told who still work for it.
   */
  async discard(
    reason = new ParasyncError("interrupted", "Cannot go on: the session is over"),
  ): Promise<void> {
    // What is being committed cannot be given up, only waited for.
    await this.#committed?.catch(() => {});
    // Whoever gives up as well must not go on, and give the target's lock away, before this is done.
    if (this.#over) return await this.#discarded;
    this.#over = true;
    await (this.#discarded = this.#giveUp(reason));
  }

  async #giveUp(reason: ParasyncError): Promise<void> {
    this.#assembler.fail(reason);
    await this.#assembler.idle();
    await this.release().catch(() => {});
    const { record, key, adopt } = this.#options;
    const begun = this.covered > 0 || adopt !== undefined;
    if (record !== undefined && begun && INTERRUPTIONS.has(reason.code)) {
      await this.#target.keep();
    } else {
      await this.#target.discard();
      record?.remove(key);
    }
  }

  async #commit(): Promise<CommitResult> {
    const { clock, basis, commit, record, key } = this.#options;
    this.#over = true;
    this.#committed = clock.time("commit", async () => {
      try {
        await this.release().catch(() => {});
        if (basis === null || !("unchanged" in this.#assembler && this.#assembler.unchanged)) {
          return await this.#target.commit({ ...commit, basis });
        }
        const { location } = this.#options;
        await this.#target.discard();
        this.#options.known?.verifyFound();
        return await commitUnchanged(location, basis, { ...commit, basis });
      } finally {
        record?.remove(key);
      }
    });
    return await this.#committed;
  }

  /** Closes the lanes' descriptors of the temporary. */
  async release(): Promise<void> {
    await this.#options.lanes.release([this.reference]);
  }
}

/** Puts the target together at absolute places, in all lanes. */
function placing(
  options: ReceptionOptions,
  file: TargetFile,
  target: FileReference,
  digest: SegmentsDigest,
): TargetAssembler {
  const { newSize, lanes, basisReference, known } = options;
  const { hw } = lanes;
  return new TargetAssembler({
    size: newSize,
    maxIntervals: Math.min(maxCommands(options), MAX_INTERVALS),
    lanes: {
      // Only one lane at a time can write; while the basis is being scanned the others had better scan.
      depth: () => lanes.scanning ? 1 : lanes.depth,
      apply: (pieces) => {
        if (basisReference === null) {
          throw new ParasyncError("bad_request", "Cannot copy: there is no basis");
        }
        const { sources, targets, lengths } = pieces;
        return lanes.run({
          kind: "apply",
          hw,
          basis: basisReference,
          target,
          sources,
          targets,
          lengths,
        });
      },
      verify: (segments) => lanes.run({ kind: "verify", hw, target, segments }),
      ...canStay(options) && {
        verifyBasis: async (segments) =>
          known?.find(segments) ??
            await lanes.run({ kind: "verify", hw, target: basisReference!, segments }),
      },
    },
    digest,
    onLeave: () => file.reserve(),
  });
}

/** Whether the basis can stay as it is where it turns out to be the new file. */
function canStay({ basis, newSize, adopt, commit }: ReceptionOptions): boolean {
  const { expectTarget, mode, uid, gid } = commit;
  return basis !== null && basis.size === newSize && newSize > 0 && adopt === undefined &&
    // Windows brings only what it may write to the device.
    Deno.build.os !== "windows" &&
    typeof expectTarget !== "string" && sameFile(basis.identity, expectTarget) &&
    // Under its other names it would get the new file's time as well.
    fs.fstatSync(basis.fd).nlink === 1 &&
    mode === undefined && uid === undefined && gid === undefined;
}

/** Puts the target together from its beginning to its end, in one lane. */
function appending(
  { newSize, lanes, basisReference: basis }: ReceptionOptions,
  targetFile: FileReference,
  digest: SegmentsDigest,
): SequentialAssembler {
  const { hw } = lanes;
  // Chosen when the first commands are here: which lane is free shows only then.
  let lane: LaneGroup | undefined;
  return new SequentialAssembler({
    size: newSize,
    lane: {
      append: (batch) =>
        (lane ??= lanes.alone()).run({ kind: "append", hw, basis, targetFile, ...batch }),
      verify: (segments) =>
        (lane ??= lanes.alone()).run({ kind: "verify", hw, target: targetFile, segments }),
    },
    digest,
  });
}

function mismatch(): ParasyncError {
  return new ParasyncError(
    "verification",
    "Cannot accept patch: the result has another digest than the new file",
  );
}

/**
 * No honest delta has more commands: each chunk is a copy or a literal at most, and literals and zeros are
 * also cut into pieces.
 */
function maxCommands({ newSize, parameters: { min }, order }: ReceptionOptions): number {
  const chunks = 2 * Math.ceil(newSize / min) + 8 * Math.ceil(newSize / SEGMENT_BYTES) + 1024;
  // Each copy of a finer round may leave a literal behind it.
  const finer = Math.min(2 * MAX_REFINED_COPIES, 2 * Math.ceil(newSize / LEAST_REFINED_BLOCK));
  return order === "target" ? chunks : chunks + finer;
}
