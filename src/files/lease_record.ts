import { isSessionKey } from "./artefact.ts";
import type { Holder } from "./holder.ts";

/** What a lease's file says. */
export interface LeaseRecord extends Holder {
  /** Version of this format. */
  readonly version: 1;
  /** The session that holds the lease. */
  readonly key: string;
}

/** Far more than a record has; what is longer is not one. */
export const LEASE_RECORD_BYTES = 4096;

/**
 * @param record What is to be written.
 * @returns One line of JSON.
 */
export function encodeLeaseRecord(record: LeaseRecord): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(record) + "\n");
}

/**
 * @param bytes What a lease's file holds.
 * @returns The record, or null for anything else: a lease whose holder cannot be told.
 */
export function decodeLeaseRecord(bytes: Uint8Array): LeaseRecord | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return isLeaseRecord(value) ? value : null;
  } catch {
    return null;
  }
}

function isLeaseRecord(value: unknown): value is LeaseRecord {
  if (typeof value !== "object" || value === null) return false;
  return "version" in value && value.version === 1 &&
    "key" in value && isSessionKey(value.key) &&
    "pid" in value && Number.isSafeInteger(value.pid) && Number(value.pid) > 0 &&
    "place" in value && typeof value.place === "string" &&
    "started" in value && typeof value.started === "string";
}
