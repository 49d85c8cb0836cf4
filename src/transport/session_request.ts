import { requireSessionKey } from "../files/artefact.ts";
import { readBody } from "./body.ts";
import { KEY_HEADER } from "./headers.ts";
import type { RequestTrace } from "./request_trace.ts";
import type { RouteHouse } from "./route.ts";
import type { Session } from "./session.ts";
import { basisNameOf } from "./sync_query.ts";

/**
 * The session that a request belongs to, which its client names by the header or by the query.
 *
 * @throws {ParasyncError} What {@linkcode SessionTable.find} throws, or `bad_request` where the key is none.
 */
export function sessionOf(
  request: Request,
  parameters: ReadonlyMap<string, string>,
  { sessions }: RouteHouse,
  { grant }: RequestTrace,
): Session {
  const name = basisNameOf(parameters);
  const key = request.headers.get(KEY_HEADER) ?? parameters.get("key") ?? "";
  requireSessionKey(key);
  return sessions.find(key, name, grant);
}

/**
 * The body of a session's request, within the server's deadlines.
 *
 * @param session Whose end breaks it off.
 * @param maxBytes How many bytes it may have.
 */
export function requestBody(
  request: Request,
  session: Session,
  maxBytes: number,
  { limits: { idleMs, stallMs } }: RouteHouse,
  { received }: RequestTrace,
): AsyncIterable<Uint8Array> {
  const { signal } = session;
  const onBytes = received;
  return readBody(request.body, { maxBytes, idleMs, stallMs, sender: "client", signal, onBytes });
}
