import { join } from "node:path";
import { ParasyncError } from "../errors.ts";

/** How the name of every file begins that a sync puts beside its target; such names are refused to peers. */
export const ARTEFACT_PREFIX = ".parasync-";

/**
 * What a file beside the target is for: the content being built, the session's record, which content is being
 * built for a target, the lease of a target, the stored checksums of a file, or one of these before it has
 * its name.
 */
export type ArtefactKind = "part" | "session" | "partial" | "lease" | "sums" | "new";

const KEY = /^[0-9a-f]{32}$/;
const ARTEFACT = /^\.parasync-([0-9a-f]{32}|[0-9a-f]{16})\.(part|session|partial|lease|sums|new)$/;

/** Whether something is a session's key: 32 lowercase hexadecimal digits. */
export function isSessionKey(key: unknown): key is string {
  return typeof key === "string" && KEY.test(key);
}

/** @returns A new session's key, 128 random bits. */
export function newSessionKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * The path of a session's file. The key comes from a peer, so that it is checked here, before it becomes
 * part of a path.
 *
 * @param directory The target's folder, a real path.
 * @param key The session's key.
 * @param kind What the file is for.
 * @returns An absolute path.
 * @throws {ParasyncError} "bad_request" when the key is malformed.
 */
export function artefactPath(directory: string, key: string, kind: ArtefactKind): string {
  requireSessionKey(key);
  return join(directory, `${ARTEFACT_PREFIX}${key}.${kind}`);
}

/**
 * @param key What a peer sent as a session's key.
 * @throws {ParasyncError} "bad_request"; the message does not repeat it.
 */
export function requireSessionKey(key: unknown): asserts key is string {
  if (isSessionKey(key)) return;
  throw new ParasyncError(
    "bad_request",
    "Cannot use the session key: it is not 32 lowercase hexadecimal digits",
  );
}

/**
 * @param base A file's name.
 * @returns Whose and what it is, or null for a file that is not ours.
 */
export function parseArtefact(base: string): { owner: string; kind: ArtefactKind } | null {
  const match = ARTEFACT.exec(base);
  if (match === null) return null;
  const [, owner, kind] = match;
  return owner === undefined || kind === undefined ? null : { owner, kind: kind as ArtefactKind };
}
