/** The header in which a request's name goes from proxy to server, and in every answer back. */
export const REQUEST_ID_HEADER = "x-request-id";

/** What a proxy may call a request: enough for a UUID, a ULID or a trace, too little to be a text of its own. */
const SANE = /^[A-Za-z0-9][A-Za-z0-9._:-]{7,127}$/;

/** @returns A new request's name, 64 random bits in hexadecimal. */
export function newRequestId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * What a request is called in logs and answers.
 *
 * @param given The header of one that came through a trusted proxy; undefined or null for any other.
 * @returns That, if it is what a proxy would make, else a new one.
 */
export function requestIdFrom(given: string | null | undefined): string {
  return given !== undefined && given !== null && SANE.test(given) ? given : newRequestId();
}
