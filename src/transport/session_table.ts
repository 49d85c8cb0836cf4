import { expectedChunks } from "../chunking/parameters.ts";
import { ParasyncError } from "../errors.ts";
import { newSessionKey } from "../files/artefact.ts";
import type { ChecksumStore } from "../files/checksum_store.ts";
import type { Location } from "../files/location.ts";
import { openPinned, type PinnedFile } from "../files/pinned_file.ts";
import type { Root } from "../files/root.ts";
import {
  readSessionRecord,
  type SessionRecord,
  writeSessionRecord,
} from "../files/session_record.ts";
import { sweepStale } from "../files/sweep.ts";
import { currentIdentity } from "../files/current_identity.ts";
import type { HardwareChoice } from "../hashing/backend.ts";
import { PROTOCOL_VERSION } from "../schemes/protocol_version.ts";
import { keptBlock, RecordKeeper } from "../schemes/record_keeper.ts";
import { ResultKeeper } from "../schemes/result_keeper.ts";
import type { OpenedSession } from "../schemes/scheme.ts";
import { isSchemeName, SCHEMES } from "../schemes/scheme_name.ts";
import type { Logger } from "../telemetry/log.ts";
import type { LanePool } from "../workers/pool.ts";
import { type Limits, MAX_CHUNKS } from "./limits.ts";
import { Session } from "./session.ts";
import type { SyncQuery, TargetChoice } from "./sync_query.ts";

/** What a dead server left is removed once it is older than any live session can be. */
export const SWEEP_FACTOR = 2;

/** The most folders remembered as swept. */
const MOST_SWEPT = 4096;

/** The most failures remembered at once. */
const MOST_FAILURES = 256;

/** What all sessions of a server share. */
export interface SessionHouse {
  readonly root: Root;
  readonly pool: LanePool;
  readonly limits: Limits;
  /** Whether results are on the disk before they are reported. */
  readonly fsync: boolean;
  /** Which backends the server may use: `auto` leaves it to the client. */
  readonly hw: HardwareChoice;
  /** Where checksums are kept, for the schemes that work from stored ones. */
  readonly store: ChecksumStore;
}

/**
 * The sessions of one server.
 *
 * A session's record lies beside its target; what is kept here is a cache of it with open descriptors. A
 * server that does not know a key finds the record and goes on from there, so that several servers can
 * share a folder.
 */
export class SessionTable {
  readonly #house: SessionHouse;
  readonly #byKey = new Map<string, Session>();
  readonly #byTarget = new Map<string, Session>();
  readonly #results: ResultKeeper;
  readonly #failures = new Map<string, ParasyncError>();
  /** When folders were last swept, in ms of the process's clock. */
  readonly #swept = new Map<string, number>();
  readonly #timer: ReturnType<typeof setInterval>;

  /** @param house What the sessions share. */
  constructor(house: SessionHouse) {
    this.#house = house;
    this.#results = new ResultKeeper(house.store);
    this.#timer = setInterval(() => this.#expire(), Math.min(house.limits.sessionMs, 5_000));
    Deno.unrefTimer(this.#timer);
  }

  /** Stores the checksums of a session's result by and by, where its scheme works from stored ones. */
  keepResult({ parts }: Session, logger: Logger): void {
    const { scheme, parameters, hw, target, lanes } = parts;
    const block = keptBlock(scheme, parameters, hw);
    if (block !== null) this.#results.keep({ target, block, lanes }, logger);
  }

  /** How many sessions have a request at work. */
  get busy(): number {
    let busy = 0;
    for (const session of this.#byKey.values()) if (session.requests > 0) busy++;
    return busy;
  }

  /**
   * Begins a session. An idle one of the same target gives way to it.
   *
   * @param query What is asked for.
   * @returns The session; nothing is locked yet.
   * @throws {ParasyncError} `locked`, `not_found`, `busy`, `too_large` and what opening the basis gives.
   */
  async begin(query: SyncQuery): Promise<Session> {
    const { root, limits } = this.#house;
    if (this.busy >= limits.maxConcurrent) {
      throw new ParasyncError("busy", `Cannot sync now: ${this.busy} syncs are at work already`);
    }
    const location = root.locate(query.name);
    const target = targetOf(root, query.name, query.target);
    this.#sweep(target.directory);
    const looking = query.look ||
      SCHEMES[query.scheme].opens === "signature" && query.opened === undefined;
    if (!looking) await this.#supersede(target, query.name);
    if (this.#byKey.size >= limits.maxSessions) await this.#forgetOldest();
    // Before anything is opened, since it may throw.
    const expectTarget = currentIdentity(target);
    const basis = openBasis(location, query.target);
    if (basis !== null && basis.size > limits.maxFileBytes) {
      basis.close();
      throw new ParasyncError(
        "too_large",
        `Cannot sync ${JSON.stringify(query.name)}: it has more than ${limits.maxFileBytes} bytes`,
      );
    }
    if (basis !== null && expectedChunks(basis.size, query.parameters) > MAX_CHUNKS) {
      basis.close();
      throw new ParasyncError(
        "too_large",
        `Cannot sync ${
          JSON.stringify(query.name)
        }: it would have more than ${MAX_CHUNKS} chunks; ` +
          "use larger ones (--chunk-size)",
      );
    }
    const threads = SCHEMES[query.scheme].serial ? 1 : Math.min(query.threads, limits.maxThreads);
    // Without a basis there is still a new file to be verified.
    const bytes = Math.max(basis?.size ?? 0, query.allocated ?? 0);
    const hw = this.#house.hw === "auto" || this.#house.hw === "1" ? query.hw : this.#house.hw;
    return this.#enter(
      new Session({
        key: newSessionKey(),
        name: query.name,
        scheme: query.scheme,
        target,
        expectTarget,
        basis,
        looking,
        hw: query.hw,
        keeper: new RecordKeeper(basis, this.#house.store, !query.look),
        parameters: query.parameters,
        lanes: this.#house.pool.group(threads, bytes, hw === "require" ? "auto" : hw),
        fsync: this.#house.fsync,
        allocated: query.allocated,
      }),
    );
  }

  /** Writes the record that lets other servers of the same folder go on with a session. */
  record(session: Session, query: SyncQuery, opened: OpenedSession): void {
    const { key, name, scheme, target, basis, parameters, expectTarget } = session.parts;
    writeSessionRecord(target.directory, {
      version: 1,
      key,
      protocol: PROTOCOL_VERSION,
      scheme,
      name,
      basis: basis?.identity ?? null,
      expectTarget,
      size: opened.newSize,
      mtimeMs: opened.newMtimeNs === undefined ? 0 : Number(opened.newMtimeNs / 1_000_000n),
      chunk: parameters,
      target: query.target,
      createdMs: Date.now(),
    });
  }

  /**
   * The session that a later request belongs to.
   *
   * @param key Its key, as the client sent it.
   * @param name The basis's name, as the client sent it.
   * @throws {ParasyncError} `changed` where there is none (any more).
   */
  find(key: string, name: string): Session {
    const session = this.#byKey.get(key);
    if (session !== undefined && session.parts.name === name && !session.over) return session;
    const location = this.#house.root.locate(name);
    const record = readSessionRecord(location.directory, key);
    if (session !== undefined || record === null || record.name !== name) {
      throw noSession();
    }
    return this.#restore(record, location);
  }

  /** The session with this key, if this process knows it. */
  peek(key: string): Session | undefined {
    return this.#byKey.get(key);
  }

  /** Ends and forgets a session. */
  async end(session: Session, reason: ParasyncError): Promise<void> {
    this.#byKey.delete(session.parts.key);
    if (this.#byTarget.get(session.parts.target.path) === session) {
      this.#byTarget.delete(session.parts.target.path);
    }
    await session.end(reason);
  }

  /** Ends a session that failed, and remembers why: its client may not get the answer that says so. */
  async fail(session: Session, reason: ParasyncError): Promise<void> {
    const { key } = session.parts;
    if (!this.#failures.has(key)) this.#failures.set(key, reason);
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > MOST_FAILURES) this.#failures.delete(oldest!);
    await this.end(session, reason);
  }

  /** Why a session failed, if it did so lately. */
  failure(key: string): ParasyncError | undefined {
    return this.#failures.get(key);
  }

  /** Ends every session. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#results.close();
    const reason = new ParasyncError("interrupted", "Cannot go on: the server is stopping");
    await Promise.allSettled([...this.#byKey.values()].map((session) => this.end(session, reason)));
  }

  #enter(session: Session): Session {
    this.#byKey.set(session.parts.key, session);
    if (!session.parts.looking) this.#byTarget.set(session.parts.target.path, session);
    return session;
  }

  #restore(record: SessionRecord, location: Location): Session {
    const { root, pool, limits, fsync, hw } = this.#house;
    const target = targetOf(root, record.name, record.target);
    const { scheme } = record;
    const old = Math.abs(Date.now() - record.createdMs) > limits.sessionMs;
    if (old || !isSchemeName(scheme)) throw noSession();
    const basis = record.basis === null
      ? null
      : openPinned(location.path, { expect: record.basis, name: record.name });
    const session = new Session({
      key: record.key,
      name: record.name,
      scheme,
      target,
      expectTarget: record.expectTarget,
      basis,
      looking: false,
      hw: "auto",
      keeper: new RecordKeeper(basis, this.#house.store),
      parameters: record.chunk,
      lanes: pool.group(
        limits.maxThreads,
        Math.max(basis?.size ?? 0, record.size),
        hw === "require" ? "auto" : hw,
      ),
      fsync,
      allocated: undefined,
    });
    session.open({
      newSize: record.size,
      newMtimeNs: record.mtimeMs === 0 ? undefined : BigInt(record.mtimeMs) * 1_000_000n,
    });
    return this.#enter(session);
  }

  async #supersede(target: Location, name: string): Promise<void> {
    const older = this.#byTarget.get(target.path);
    if (older === undefined) return;
    if (older.requests > 0) {
      throw new ParasyncError(
        "locked",
        `Cannot sync ${JSON.stringify(name)}: another sync of it is at work`,
      );
    }
    await this.end(
      older,
      new ParasyncError("changed", "Cannot go on: a newer sync took its place"),
    );
  }

  /** Removes what a server that was killed left beside the target; now and then, since it reads the folder. */
  #sweep(directory: string): void {
    const { sessionMs } = this.#house.limits;
    const now = performance.now();
    const last = this.#swept.get(directory);
    if (last !== undefined && now - last < sessionMs) return;
    if (this.#swept.size >= MOST_SWEPT) this.#swept.clear();
    this.#swept.set(directory, now);
    sweepStale(directory, sessionMs * SWEEP_FACTOR);
  }

  #expire(): void {
    const reason = new ParasyncError(
      "timeout",
      "Cannot go on: the session was unused for too long",
    );
    for (const session of this.#byKey.values()) {
      const unused = performance.now() - session.lastUsed;
      if (session.requests === 0 && unused > this.#house.limits.sessionMs) {
        this.end(session, reason).catch(() => {});
      }
    }
  }

  async #forgetOldest(): Promise<void> {
    const idle = [...this.#byKey.values()].filter(({ requests }) => requests === 0);
    const oldest = idle.toSorted((a, b) => a.lastUsed - b.lastUsed)[0];
    if (oldest === undefined) throw new ParasyncError("busy", "Cannot sync now: too many sessions");
    await this.end(oldest, new ParasyncError("busy", "Cannot go on: there are too many sessions"));
  }
}

function noSession(): ParasyncError {
  return new ParasyncError(
    "changed",
    "Cannot go on: there is no such session any more; sync again",
  );
}

function targetOf(root: Root, name: string, target: TargetChoice): Location {
  return root.locate(target.kind === "new" ? name + target.suffix : name);
}

/** A target that is replaced may be absent: it is created from nothing. */
function openBasis(location: Location, target: TargetChoice): PinnedFile | null {
  try {
    return openPinned(location.path, { name: location.name });
  } catch (error) {
    const absent = error instanceof ParasyncError && error.code === "not_found";
    if (absent && target.kind === "replace") return null;
    throw error;
  }
}
