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
import { BusyError } from "./busy.ts";
import { type Grant, requireLocated, requireNamed, requireWritable } from "./grant.ts";
import { type Limits, MAX_CHUNKS } from "./limits.ts";
import { groupOf } from "./ip_address.ts";
import { Session } from "./session.ts";
import { SyncQueue } from "./sync_queue.ts";
import type { SyncQuery, TargetChoice } from "./sync_query.ts";

/** What a dead server left is removed once it is older than any live session can be. */
export const SWEEP_FACTOR = 2;

/** The most folders remembered as swept. */
const MOST_SWEPT = 4096;

/** How long a sync keeps its place between two of its requests, in ms: what it has begun should not be sent away. */
const PLACE_MS = 500;

/** The most failures remembered at once. */
const MOST_FAILURES = 256;

/** A session that goes on with another request may do so beyond the number of syncs at once, up to this multiple. */
const GOING_ON = 4;

/** Who begins a session. */
export interface SessionClient {
  /** What it may do. */
  readonly grant: Grant;
  /** Its address. */
  readonly client: string;
  /** Aborted when it goes. */
  readonly signal: AbortSignal;
}

/** A session that begins. */
export interface BegunSession {
  readonly session: Session;
  /** Enters it, as {@linkcode Session.enter} does; until then its place is kept. */
  readonly enter: () => () => void;
}

/** What all sessions of a server share. */
export interface SessionHouse {
  readonly root: Root;
  readonly pool: LanePool;
  readonly limits: Limits;
  /** Whether results are on the disk before they are reported. */
  readonly fsync: boolean;
  /** Which backends the server may use: `auto` leaves it to the client. */
  readonly hw: HardwareChoice;
  /** Whether what an interrupted sync has brought is kept for the next one. */
  readonly keepPartial: boolean;
  /** The folder for temporaries and its root, real paths; undefined: each lies beside its target. */
  readonly partials?: string | undefined;
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
  readonly #commits = new Set<string>();
  /** When folders were last swept, in ms of the process's clock. */
  readonly #swept = new Map<string, number>();
  readonly #timer: ReturnType<typeof setInterval>;
  /** Each is set when a sync may lose its place by the time that it fires. */
  readonly #waking = new Set<ReturnType<typeof setTimeout>>();
  readonly #queue: SyncQueue;

  /** @param house What the sessions share. */
  constructor(house: SessionHouse) {
    this.#house = house;
    this.#results = new ResultKeeper(house.store);
    this.#timer = setInterval(() => this.#expire(), Math.min(house.limits.sessionMs, 5_000));
    Deno.unrefTimer(this.#timer);
    this.#queue = new SyncQueue(house.limits, () => this.#holding());
  }

  /** Stores the checksums of a session's result by and by, where its scheme works from stored ones. */
  keepResult({ parts }: Session, logger: Logger): void {
    const { scheme, parameters, hw, target, lanes } = parts;
    const block = keptBlock(scheme, parameters, hw);
    if (block !== null) this.#results.keep({ target, block, lanes }, logger);
  }

  /** Told when a session is over, and why; a committed one says so before. */
  onEnd: (session: Session, reason: ParasyncError) => void = () => {};

  /** The folder that is served, a real path. */
  get directory(): string {
    return this.#house.root.path;
  }

  /** How many sessions are remembered. */
  get count(): number {
    return this.#byKey.size;
  }

  /** How many sessions have a request at work. */
  get busy(): number {
    let busy = 0;
    for (const session of this.#byKey.values()) if (session.requests > 0) busy++;
    return busy;
  }

  /** How many syncs have a place: those at work, and those that have just been and are about to go on. */
  #holding(): number {
    const since = performance.now() - PLACE_MS;
    let holding = 0;
    for (const { requests, over, parts, lastUsed } of this.#byKey.values()) {
      if (requests > 0 || !over && !parts.looking && lastUsed > since) holding++;
    }
    return holding;
  }

  /** How many syncs wait until they may work. */
  get waiting(): number {
    return this.#queue.waiting;
  }

  /**
   * Begins a session, when its turn has come. An idle one of the same target gives way to it.
   *
   * @param query What is asked for.
   * @param by Who asks.
   * @returns The session; nothing is locked yet.
   * @throws {ParasyncError} `forbidden`, `locked`, `not_found`, `busy`, `too_large` and what opening the basis gives.
   */
  async begin(query: SyncQuery, { grant, client, signal }: SessionClient): Promise<BegunSession> {
    // Whoever may not do it need not wait for being told so.
    requireNamed(grant, query.name);
    if (!isLooking(query)) requireWritable(grant);
    const entering = this.#queue.enter(groupOf(client), signal);
    this.#wakeLater();
    const begun = await entering;
    try {
      const session = await this.#begin(query, grant);
      return {
        session,
        enter: () => {
          try {
            return session.enter();
          } finally {
            begun();
          }
        },
      };
    } catch (error) {
      begun();
      throw error;
    }
  }

  async #begin(query: SyncQuery, grant: Grant): Promise<Session> {
    const { root, limits } = this.#house;
    const location = root.locate(query.name);
    requireLocated(grant, root.path, location);
    const target = targetOf(root, query.name, query.target);
    requireLocated(grant, root.path, target);
    this.#sweep(target.directory);
    const looking = isLooking(query);
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
        // Who only looks changes nothing, and stored checksums are something, too.
        keeper: new RecordKeeper(basis, this.#house.store, !query.look && !grant.readOnly),
        parameters: query.parameters,
        lanes: this.#house.pool.group(threads, bytes, hw === "require" ? "auto" : hw),
        fsync: this.#house.fsync,
        partials: this.#house.partials,
        keepPartial: this.#house.keepPartial,
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
   * @param grant What the client may do.
   * @throws {ParasyncError} `changed` where there is none (any more), `forbidden`, or `busy`.
   */
  find(key: string, name: string, grant: Grant): Session {
    requireNamed(grant, name);
    const session = this.#byKey.get(key);
    if (session === undefined || session.requests === 0) this.#requireRoom();
    if (session !== undefined && session.parts.name === name && !session.over) {
      requireLocated(grant, this.#house.root.path, session.parts.target);
      return session;
    }
    const location = this.#house.root.locate(name);
    requireLocated(grant, this.#house.root.path, location);
    const record = readSessionRecord(location.directory, key);
    if (session !== undefined || record === null || record.name !== name) {
      throw noSession();
    }
    const { root } = this.#house;
    requireLocated(grant, root.path, targetOf(root, record.name, record.target));
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
    this.onEnd(session, reason);
    await session.end(reason);
    this.#queue.wake();
  }

  /** Ends a session that failed, and remembers why: its client may not get the answer that says so. */
  async fail(session: Session, reason: ParasyncError): Promise<void> {
    const { key } = session.parts;
    if (!this.#failures.has(key)) this.#failures.set(key, reason);
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > MOST_FAILURES) this.#failures.delete(oldest!);
    await this.end(session, reason);
  }

  /** Remembers that a session's target is committed: its client may not get the answer that says so. */
  committed({ parts: { key } }: Session): void {
    this.#commits.add(key);
    const [oldest] = this.#commits;
    if (this.#commits.size > MOST_FAILURES) this.#commits.delete(oldest!);
  }

  /** Whether a session's target was committed lately. */
  isCommitted(key: string): boolean {
    return this.#commits.has(key);
  }

  /** Why a session failed, if it did so lately. */
  failure(key: string): ParasyncError | undefined {
    return this.#failures.get(key);
  }

  /** Ends every session. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const timer of this.#waking) clearTimeout(timer);
    this.#results.close();
    const reason = new ParasyncError("interrupted", "Cannot go on: the server is stopping");
    await Promise.allSettled([...this.#byKey.values()].map((session) => this.end(session, reason)));
  }

  /** A sync that has begun does not wait in the queue: what it has done already would be lost if it were sent away. */
  #requireRoom(): void {
    const { busy } = this;
    if (busy < GOING_ON * this.#house.limits.maxConcurrent) return;
    throw new BusyError(`Cannot go on now: ${busy} syncs are at work`, 1000);
  }

  /** Whoever has a place and does not go on has lost it by then. */
  #wakeLater(): void {
    if (this.#queue.waiting === 0) return;
    const timer = setTimeout(() => {
      this.#waking.delete(timer);
      this.#queue.wake();
    }, PLACE_MS + 1);
    Deno.unrefTimer(timer);
    this.#waking.add(timer);
  }

  #enter(session: Session): Session {
    session.onIdle = () => {
      this.#queue.wake();
      this.#wakeLater();
    };
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
      partials: this.#house.partials,
      keepPartial: this.#house.keepPartial,
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

/** Whether a client says that it will not send a patch. */
function isLooking({ look, scheme, opened }: SyncQuery): boolean {
  return look || SCHEMES[scheme].opens === "signature" && opened === undefined;
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
