import { ParasyncError } from "../errors.ts";
import type { Location } from "../files/location.ts";
import { readSessionRecord } from "../files/session_record.ts";
import { sweepStale } from "../files/sweep.ts";
import { keptBlock } from "../schemes/record_keeper.ts";
import { ResultKeeper } from "../schemes/result_keeper.ts";
import type { Logger } from "../telemetry/log.ts";
import { type Grant, requireLocated, requireNamed, requireWritable } from "./grant.ts";
import type { Session } from "./session.ts";
import {
  isLooking,
  noSession,
  openSession,
  restoreSession,
  type SessionHouse,
  targetOf,
} from "./session_opening.ts";
import { SessionOutcomes } from "./session_outcomes.ts";
import { SyncPlaces } from "./sync_places.ts";
import type { SyncQuery } from "./sync_query.ts";

/** What a dead server left is removed once it is older than any live session can be. */
export const SWEEP_FACTOR = 2;

/** The most folders remembered as swept. */
const MOST_SWEPT = 4096;

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

/**
 * The sessions of one server.
 *
 * A session's record lies beside its target; what is kept here is a cache of it with open descriptors. A
 * server that does not know a key finds the record and goes on from there, so that several servers can
 * share a folder.
 */
export class SessionTable {
  /** What became of the latest ones. */
  readonly outcomes = new SessionOutcomes();
  readonly #house: SessionHouse;
  readonly #byKey = new Map<string, Session>();
  readonly #byTarget = new Map<string, Session>();
  readonly #results: ResultKeeper;
  /** When folders were last swept, in ms of the process's clock. */
  readonly #swept = new Map<string, number>();
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #places: SyncPlaces;

  /** @param house What the sessions share. */
  constructor(house: SessionHouse) {
    this.#house = house;
    this.#results = new ResultKeeper(house.store);
    this.#timer = setInterval(() => this.#expire(), Math.min(house.limits.sessionMs, 5_000));
    Deno.unrefTimer(this.#timer);
    this.#places = new SyncPlaces(house.limits, this.#byKey);
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
    return this.#places.busy;
  }

  /** How many syncs wait until they may work. */
  get waiting(): number {
    return this.#places.waiting;
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
    const begun = await this.#places.enter(client, signal);
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
    if (!isLooking(query)) await this.#supersede(target, query.name);
    if (this.#byKey.size >= limits.maxSessions) await this.#forgetOldest();
    const { readOnly } = grant;
    return this.#enter(openSession(query, { location, target, readOnly }, this.#house));
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
    if (session === undefined || session.requests === 0) this.#places.requireRoom();
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
    return this.#enter(restoreSession(record, location, this.#house));
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
    this.#places.left();
  }

  /** Ends a session that failed, and remembers why: its client may not get the answer that says so. */
  async fail(session: Session, reason: ParasyncError): Promise<void> {
    this.outcomes.failed(session.parts.key, reason);
    await this.end(session, reason);
  }

  /** Ends every session. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#places.close();
    this.#results.close();
    const reason = new ParasyncError("interrupted", "Cannot go on: the server is stopping");
    await Promise.allSettled([...this.#byKey.values()].map((session) => this.end(session, reason)));
  }

  #enter(session: Session): Session {
    session.onIdle = () => this.#places.paused();
    this.#byKey.set(session.parts.key, session);
    if (!session.parts.looking) this.#byTarget.set(session.parts.target.path, session);
    return session;
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
