import { expectedChunks } from "../chunking/parameters.ts";
import { ParasyncError } from "../errors.ts";
import { newSessionKey } from "../files/artefact.ts";
import type { ChecksumStore } from "../files/checksum_store.ts";
import { currentIdentity } from "../files/current_identity.ts";
import type { Location } from "../files/location.ts";
import { openPinned, type PinnedFile } from "../files/pinned_file.ts";
import type { Root } from "../files/root.ts";
import { type SessionRecord, writeSessionRecord } from "../files/session_record.ts";
import type { HardwareChoice } from "../hashing/backend.ts";
import { PROTOCOL_VERSION } from "../schemes/protocol_version.ts";
import { RecordKeeper } from "../schemes/record_keeper.ts";
import type { OpenedSession } from "../schemes/scheme.ts";
import { isSchemeName, SCHEMES } from "../schemes/scheme_name.ts";
import type { LanePool } from "../workers/pool.ts";
import { type Limits, MAX_CHUNKS } from "./limits.ts";
import { Session } from "./session.ts";
import type { SyncQuery, TargetChoice } from "./sync_query.ts";

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

/** Where a session's files are, and what its client may do with them. */
export interface SessionPlace {
  /** Where the basis is. */
  readonly location: Location;
  /** Where the result goes. */
  readonly target: Location;
  /** Whether nothing may be changed. */
  readonly readOnly: boolean;
}

/**
 * Opens what a client asks for.
 *
 * @param query What it asks for.
 * @param place Where that is.
 * @param house What all sessions share.
 * @returns The session; nothing is locked yet.
 * @throws {ParasyncError} `too_large` and what opening the basis gives.
 */
export function openSession(
  query: SyncQuery,
  { location, target, readOnly }: SessionPlace,
  house: SessionHouse,
): Session {
  const { limits } = house;
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
      `Cannot sync ${JSON.stringify(query.name)}: it would have more than ${MAX_CHUNKS} chunks; ` +
        "use larger ones (--chunk-size)",
    );
  }
  const threads = SCHEMES[query.scheme].serial ? 1 : Math.min(query.threads, limits.maxThreads);
  // Without a basis there is still a new file to be verified.
  const bytes = Math.max(basis?.size ?? 0, query.allocated ?? 0);
  const hw = house.hw === "auto" || house.hw === "1" ? query.hw : house.hw;
  return new Session({
    key: newSessionKey(),
    name: query.name,
    scheme: query.scheme,
    target,
    expectTarget,
    basis,
    looking: isLooking(query),
    hw: query.hw,
    // Who only looks changes nothing, and stored checksums are something, too.
    keeper: new RecordKeeper(basis, house.store, !query.look && !readOnly),
    parameters: query.parameters,
    lanes: house.pool.group(threads, bytes, hw === "require" ? "auto" : hw),
    fsync: house.fsync,
    partials: house.partials,
    keepPartial: house.keepPartial,
    allocated: query.allocated,
  });
}

/** Writes the record that lets other servers of the same folder go on with a session. */
export function recordSession(session: Session, query: SyncQuery, opened: OpenedSession): void {
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
 * Goes on with a session of another server of the same folder, or of one that was killed.
 *
 * @param record What that has left of it.
 * @param location Where its basis is.
 * @param house What all sessions share.
 * @returns The session, opened.
 * @throws {ParasyncError} `changed` where it is too old, and what opening the basis gives.
 */
export function restoreSession(
  record: SessionRecord,
  location: Location,
  house: SessionHouse,
): Session {
  const { root, pool, limits, fsync, hw } = house;
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
    keeper: new RecordKeeper(basis, house.store),
    parameters: record.chunk,
    lanes: pool.group(
      limits.maxThreads,
      Math.max(basis?.size ?? 0, record.size),
      hw === "require" ? "auto" : hw,
    ),
    fsync,
    partials: house.partials,
    keepPartial: house.keepPartial,
    allocated: undefined,
  });
  session.open({
    newSize: record.size,
    newMtimeNs: record.mtimeMs === 0 ? undefined : BigInt(record.mtimeMs) * 1_000_000n,
  });
  return session;
}

/** Whether a client says that it will not send a patch. */
export function isLooking({ look, scheme, opened }: SyncQuery): boolean {
  return look || SCHEMES[scheme].opens === "signature" && opened === undefined;
}

/** Nothing is known of a session with such a key and name, or it is too old. */
export function noSession(): ParasyncError {
  return new ParasyncError(
    "changed",
    "Cannot go on: there is no such session any more; sync again",
  );
}

/** Where the result of a sync goes. */
export function targetOf(root: Root, name: string, target: TargetChoice): Location {
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
