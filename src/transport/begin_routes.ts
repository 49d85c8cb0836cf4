import { availableCodings } from "../delta/coding.ts";
import { ParasyncError } from "../errors.ts";
import { openBackend } from "../hashing/select.ts";
import { loadKeyScheme, loadSignatureScheme } from "../schemes/registry.ts";
import type { BasisEnd } from "../schemes/scheme.ts";
import { SCHEMES } from "../schemes/scheme_name.ts";
import { sessionMessage } from "../schemes/session_message.ts";
import { answerStream } from "./answer_stream.ts";
import { FRAME_HEAD_BYTES, readFrames } from "./framing.ts";
import { BYTES_TYPE, FRAMES_TYPE, KEY_HEADER, serverHeaders, SESSION_HEADER } from "./headers.ts";
import { MAX_KEYS, patchBytes } from "./limits.ts";
import { answerFrame } from "./messages.ts";
import { toFailure } from "./problem.ts";
import type { RequestTrace } from "./request_trace.ts";
import type { Route, RouteHouse } from "./route.ts";
import type { Session } from "./session.ts";
import { recordSession } from "./session_opening.ts";
import { requestBody } from "./session_request.ts";
import { readScheme, readSyncQuery, type SyncQuery } from "./sync_query.ts";

/** A sync's first request. */
interface FirstRequest {
  /** What it asks for. */
  readonly query: SyncQuery;
  readonly request: Request;
  readonly trace: RequestTrace;
}

/** What a scheme answers a client that opens a session. */
interface SchemeAnswer {
  readonly pieces: AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined>;
  /** The content type of the body they make. */
  readonly type: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `POST /csums_queue`: the client moves first, and is told where its keys are in the basis. */
export function keyRoute(house: RouteHouse): Route {
  const { limits, schemes } = house;
  return async (request, parameters, trace) => {
    const scheme = readScheme(parameters, schemes, "csums_queue");
    const query = readSyncQuery(parameters, scheme);
    return await answerFirst({ query, request, trace }, house, async (end, session) => {
      const body = requestBody(request, session, limits.maxBodyBytes, house, trace);
      const answer = await loadKeyScheme(scheme);
      return { pieces: answer(end, readFrames(body)), type: FRAMES_TYPE };
    });
  };
}

/** `GET /signature`: the server moves first, with checksums of the basis. */
export function signatureRoute(house: RouteHouse): Route {
  const { schemes } = house;
  return async (request, parameters, trace) => {
    const scheme = readScheme(parameters, schemes, "signature");
    const query = readSyncQuery(parameters, scheme);
    return await answerFirst({ query, request, trace }, house, async (end) => {
      if (query.opened !== undefined) end.onOpen(query.opened);
      const { answer, framed } = await loadSignatureScheme(scheme);
      const frame = answerFrame({ case: "session", value: sessionMessage(end) });
      const message = btoa(String.fromCharCode(...frame.subarray(FRAME_HEAD_BYTES)));
      return {
        pieces: answer(end),
        type: framed ? FRAMES_TYPE : BYTES_TYPE,
        headers: { [SESSION_HEADER]: message },
      };
    });
  };
}

/** Opens a session and answers with what the scheme makes of it. */
async function answerFirst(
  { query, request, trace }: FirstRequest,
  house: RouteHouse,
  answer: (end: BasisEnd, session: Session) => Promise<SchemeAnswer>,
): Promise<Response> {
  const { sessions, limits, telemetry } = house;
  const { logger } = trace;
  const { session, enter } = await sessions.begin(query, {
    grant: trace.grant,
    client: trace.client,
    signal: request.signal,
  });
  telemetry.joins(trace, session);
  const { key, name, basis, lanes, keeper } = session.parts;
  const { scheme, hw } = query;
  logger.info("Received request for target", { name, scheme, hw, threads: lanes.threads });
  let leave: () => void = () => {};
  try {
    leave = enter();
    const { backend, missing } = await openBackend(lanes.hw);
    const { pieces, type, headers: more = {} } = await answer({
      key,
      basis: session.basisReference,
      parameters: query.parameters,
      hw,
      mode: query.mode,
      keeper,
      known: session.known,
      lanes,
      clock: session.clock,
      backend: backend.name,
      notice: missing ?? "",
      maxPatchBytes: patchBytes(limits.maxBodyBytes),
      confirm: query.confirm,
      codings: availableCodings().join(","),
      maxKeys: MAX_KEYS,
      signal: session.signal,
      onOpen: (opened) => {
        if (opened.newSize > limits.maxFileBytes) {
          throw new ParasyncError(
            "too_large",
            `Cannot take a file of ${opened.newSize} bytes: the server's limit is ${limits.maxFileBytes}`,
          );
        }
        if (session.parts.looking) return;
        session.open(opened);
        recordSession(session, query, opened);
      },
      partial: () => session.parts.looking ? null : session.partial(),
    }, session);
    logger.debug("Session begins", { basis: basis?.size ?? -1 });
    const headers = serverHeaders(type);
    headers.set(KEY_HEADER, key);
    for (const [header, value] of Object.entries(more)) headers.set(header, value);
    const done = SCHEMES[scheme].opens === "signature"
      ? "Signature generation completed"
      : "Weak hash comparison completed";
    const framed = type === FRAMES_TYPE;
    const body = answerStream({ session, pieces, framed, leave, done, trace }, house);
    return new Response(body, { headers });
  } catch (error) {
    leave();
    await sessions.fail(session, toFailure(error));
    throw error;
  }
}
