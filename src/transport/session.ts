import type { ChunkParameters } from "../chunking/parameters.ts";
import { ParasyncError } from "../errors.ts";
import type { FileIdentity } from "../files/identity.ts";
import { artefactPath } from "../files/artefact.ts";
import { acquireLease, type Lease } from "../files/lease.ts";
import type { Location } from "../files/location.ts";
import { PartialRecord } from "../files/partial_record.ts";
import type { PinnedFile } from "../files/pinned_file.ts";
import { removeSessionRecord } from "../files/session_record.ts";
import type { HardwareChoice } from "../hashing/backend.ts";
import { fs } from "../node.ts";
import { KnownSegments } from "../schemes/known_segments.ts";
import type { RecordKeeper } from "../schemes/record_keeper.ts";
import { Reception } from "../schemes/reception.ts";
import { Refinement } from "../schemes/refinement.ts";
import { LEAST_RESUMED_BYTES } from "../schemes/resume_limits.ts";
import type { OpenedSession, PartialTarget } from "../schemes/scheme.ts";
import { type SchemeName, SCHEMES } from "../schemes/scheme_name.ts";
import { StageClock } from "../telemetry/stages.ts";
import { readReference } from "../workers/file_reference.ts";
import type { FileReference } from "../workers/jobs.ts";
import type { LaneGroup } from "../workers/lane_group.ts";

/** What a session is made of. */
export interface SessionParts {
  readonly key: string;
  /** The basis's name as it was asked for. */
  readonly name: string;
  readonly scheme: SchemeName;
  /** Where the result goes. */
  readonly target: Location;
  /** What was at the target's path when the session began. */
  readonly expectTarget: FileIdentity | "absent";
  readonly basis: PinnedFile | null;
  /** Whether the client only looks at the basis: it cannot send a patch, and keeps nobody out. */
  readonly looking: boolean;
  /** Which backend the client asked for. */
  readonly hw: HardwareChoice;
  /** Keeps checksums of the basis's blocks. */
  readonly keeper: RecordKeeper;
  readonly parameters: ChunkParameters;
  readonly lanes: LaneGroup;
  readonly fsync: boolean;
  /** Whether what an interrupted sync has brought is kept for the next one. */
  readonly keepPartial: boolean;
  /** The folder for temporaries and its root, real paths; undefined: each lies beside its target. */
  readonly partials: string | undefined;
  /** Bytes of disk that the new file takes, if the client said so. */
  readonly allocated: number | undefined;
}

/**
 * One sync at the server, from its first request to the commit.
 *
 * Its target is locked while a request of it is at work, not in between: a client that died must not keep
 * others out.
 */
export class Session {
  readonly parts: SessionParts;
  /** What has been computed of the basis. */
  readonly known: KnownSegments;
  /** Times of the stages at this end. */
  readonly clock = new StageClock();
  /** Aborted when the session is over. */
  readonly signal: AbortSignal;
  /** When the session's key was last sent, for the round trip. */
  keySentAt: number | undefined;
  /** When a request last ended, in ms of the process's clock. */
  lastUsed = performance.now();
  /** Told when its last request at work has ended. */
  onIdle: () => void = () => {};
  readonly #controller = new AbortController();
  #opened: OpenedSession | undefined;
  #reception: Promise<Reception> | undefined;
  #covered: Reception | undefined;
  #refinement: Refinement | undefined;
  #lease: Lease | undefined;
  #requests = 0;
  #settled = false;
  #over = false;
  #ended: Promise<void> | undefined;

  constructor(parts: SessionParts) {
    this.parts = parts;
    this.known = new KnownSegments(parts.basis);
    this.signal = this.#controller.signal;
  }

  /** How many requests are at work. */
  get requests(): number {
    return this.#requests;
  }

  /** Whether it has been committed or given up. */
  get over(): boolean {
    return this.#over || this.#settled;
  }

  /** How far the target is, in bytes. */
  get progress(): { done: number; total: number } {
    return { done: this.#covered?.covered ?? 0, total: this.#opened?.newSize ?? 0 };
  }

  /** The basis, as lanes open it. */
  get basisReference(): FileReference | null {
    const { basis, name } = this.parts;
    return basis === null ? null : readReference(basis, name);
  }

  /** The client has said what it will send. */
  open(opened: OpenedSession): void {
    this.#opened = opened;
  }

  /**
   * Runs a request of this session under the target's lock.
   *
   * @param request What to do.
   * @throws {ParasyncError} `locked` where another process syncs to the target.
   */
  async during<T>(request: () => Promise<T>): Promise<T> {
    const leave = this.enter();
    try {
      return await request();
    } finally {
      leave();
    }
  }

  /** Locks the target until the function returned is called. */
  enter(): () => void {
    const { target, key, looking } = this.parts;
    if (this.#requests === 0 && !looking) {
      const lease = acquireLease(target, key);
      try {
        // While this session was idle another process may have gone on with its temporary.
        this.#covered?.verifyInPlace();
      } catch (error) {
        lease.release();
        throw error;
      }
      this.#lease = lease;
    }
    this.#requests++;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.lastUsed = performance.now();
      if (--this.#requests > 0) return;
      this.#lease?.release();
      this.#lease = undefined;
      this.onIdle();
    };
  }

  /** The session's finer rounds. */
  get refinement(): Refinement {
    const { clock, signal, basisReference: basis } = this;
    return this.#refinement ??= new Refinement({ basis, lanes: this.parts.lanes, clock, signal });
  }

  /** What an interrupted sync has left of the target; null where there is nothing. */
  partial(): PartialTarget | null {
    const record = this.#record;
    const from = record?.read() ?? null;
    if (record === undefined || from === null) return null;
    const left = artefactPath(record.directory, from, "part");
    if (fs.lstatSync(left, { throwIfNoEntry: false })?.isFile() !== true) return null;
    return {
      adopt: async () => {
        if (this.#reception !== undefined) return null;
        try {
          const adopted = await this.reception(from);
          removeSessionRecord(this.parts.target.directory, from);
          return adopted;
        } catch {
          // It is begun anew then, and what was left removed.
          this.#reception = undefined;
          return null;
        }
      },
    };
  }

  /** Where it is noted whose temporary is being built; undefined where it would not be worth going on with. */
  get #record(): PartialRecord | undefined {
    const { scheme, target, partials, keepPartial } = this.parts;
    if (
      !keepPartial || !SCHEMES[scheme].modes || (this.#opened?.newSize ?? 0) < LEAST_RESUMED_BYTES
    ) {
      return undefined;
    }
    return new PartialRecord(target, partials);
  }

  /**
   * The session's reception, made with the first body of the patch.
   *
   * @param adopt The key of the interrupted session whose temporary is to be completed, if any.
   */
  async reception(adopt?: string): Promise<Reception> {
    const { key, scheme, target, basis, parameters, expectTarget, fsync, lanes } = this.parts;
    const { allocated } = this.parts;
    if (this.#opened === undefined || this.over) {
      throw new ParasyncError("changed", "Cannot take patch: the session is not open");
    }
    const { newSize, newMtimeNs } = this.#opened;
    this.#reception ??= Reception.open({
      location: target,
      key,
      basis,
      basisReference: this.basisReference,
      known: this.known,
      newSize,
      directory: this.parts.partials,
      record: this.#record,
      adopt,
      order: SCHEMES[scheme].order,
      allocated,
      parameters,
      lanes,
      clock: this.clock,
      commit: {
        expectTarget,
        fsync,
        mtimeMs: newMtimeNs === undefined ? undefined : Number(newMtimeNs / 1_000_000n),
        lease: { verifyHeld: () => this.#lease?.verifyHeld() },
      },
    });
    return this.#covered = await this.#reception;
  }

  /** The target is committed: nothing of the session may be left beside it when its client is told. */
  settled(): void {
    this.#settled = true;
    this.#forget();
  }

  /**
   * Ends the session: whatever was not committed is removed.
   *
   * @param reason Why, for those who still work for it.
   */
  end(reason: ParasyncError): Promise<void> {
    return this.#ended ??= this.#end(reason);
  }

  async #end(reason: ParasyncError): Promise<void> {
    this.#over = true;
    this.#controller.abort(reason);
    const { basis, lanes } = this.parts;
    this.#forget();
    await this.#reception?.then(async (reception) => {
      await reception.discard(reason);
      // What was being compared may have been opened again; now that all is aborted nothing is any more.
      await reception.release();
    }, () => {});
    const reference = this.basisReference;
    if (reference !== null) await lanes.release([reference]);
    basis?.close();
  }

  #forget(): void {
    const { target, key } = this.parts;
    try {
      removeSessionRecord(target.directory, key);
    } catch {
      // It expires, and a sweep removes it.
    }
  }
}
