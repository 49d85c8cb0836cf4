import { PROTOCOL_VERSION } from "../schemes/protocol_version.ts";

/** Every answer of a parasync server has it; what answers without is something else. */
export const PROTOCOL_HEADER = "x-parasync-protocol";

/** Names the session (the original's header). */
export const KEY_HEADER = "x-request-key";

/** The session as a message `Session` in base64, where the body is not ours to frame: `GET /signature`. */
export const SESSION_HEADER = "x-parasync-session";

/** Frames of messages. */
export const FRAMES_TYPE = "application/x-protobuf";

/** Deltas, and the key in an acknowledgement. */
export const BYTES_TYPE = "application/octet-stream";

/** The headers of every answer. */
export function serverHeaders(contentType: string): Headers {
  return new Headers({
    "content-type": contentType,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    // nginx passes such answers on as they come instead of collecting them.
    "x-accel-buffering": "no",
    [PROTOCOL_HEADER]: String(PROTOCOL_VERSION),
  });
}
