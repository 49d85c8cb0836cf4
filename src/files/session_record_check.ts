import { isSessionKey } from "./artefact.ts";
import { isFileIdentity } from "./identity.ts";
import type { SessionRecord } from "./session_record.ts";

/** Bounds of texts, in UTF-16 units. */
const NAME_LIMIT = 16 * 1024;
const WORD_LIMIT = 64;

/** Fields of a record, each with what its value must be; one more or one less is no record. */
const FIELDS: Readonly<Record<keyof SessionRecord, (value: unknown) => boolean>> = {
  version: (value) => value === 1,
  key: isSessionKey,
  protocol: isCount,
  scheme: (value) => isText(value, WORD_LIMIT),
  name: (value) => isText(value, NAME_LIMIT),
  basis: (value) => value === null || isFileIdentity(value),
  expectTarget: (value) => value === "absent" || isFileIdentity(value),
  size: isCount,
  mtimeMs: (value) => Number.isFinite(value),
  chunk: isChunk,
  target: isTarget,
  createdMs: (value) => Number.isFinite(value),
};

/**
 * @param value Something read back from JSON.
 * @returns Whether it has exactly the fields of a session's record, each within its bounds.
 */
export function isSessionRecord(value: unknown): value is SessionRecord {
  return hasExactly(value, FIELDS);
}

function isChunk(value: unknown): boolean {
  if (!hasExactly(value, { min: isCount, avg: isCount, max: isCount })) return false;
  const { min, avg, max } = value as SessionRecord["chunk"];
  return min >= 1 && avg >= 1 && min <= max;
}

function isTarget(value: unknown): boolean {
  return hasExactly(value, { kind: (kind) => kind === "replace" }) ||
    hasExactly(value, { kind: (kind) => kind === "new", suffix: isSuffix });
}

/** A suffix ends up in a file's name, so that it must not lead to another folder. */
function isSuffix(value: unknown): boolean {
  return isText(value, WORD_LIMIT) && /^[^/\\\0]+$/.test(value);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isText(value: unknown, limit: number): value is string {
  return typeof value === "string" && value !== "" && value.length <= limit;
}

function hasExactly(
  value: unknown,
  fields: Readonly<Record<string, (value: unknown) => boolean>>,
): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const names = Object.keys(fields);
  const entries: Readonly<Record<string, unknown>> = { ...value };
  return Object.keys(entries).length === names.length &&
    names.every((name) => Object.hasOwn(entries, name) && fields[name]?.(entries[name]) === true);
}
