import { ParasyncError } from "../errors.ts";
import { requireSessionKey } from "../files/artefact.ts";
import { answerStream } from "./answer_stream.ts";
import { readBody } from "./body.ts";
import { FRAME_HEAD_BYTES, MAX_FRAME_BYTES, readFrames } from "./framing.ts";
import { requireWritable } from "./grant.ts";
import { FRAMES_TYPE, KEY_HEADER, serverHeaders } from "./headers.ts";
import { toFailure } from "./problem.ts";
import type { Route, RouteHouse } from "./route.ts";
import { basisNameOf } from "./sync_query.ts";

/** `POST /refine`: a finer round of a session, of which a client may ask once it has begun. */
export function refineRoute(house: RouteHouse): Route {
  const { sessions, limits, telemetry } = house;
  return async (request, parameters, trace) => {
    const name = basisNameOf(parameters);
    const key = request.headers.get(KEY_HEADER) ?? parameters.get("key") ?? "";
    requireSessionKey(key);
    const session = sessions.find(key, name, trace.grant);
    if (!session.parts.looking) requireWritable(trace.grant);
    telemetry.joins(trace, session);
    const leave = session.enter();
    try {
      const body = readBody(request.body, {
        maxBytes: FRAME_HEAD_BYTES + MAX_FRAME_BYTES,
        idleMs: limits.idleMs,
        stallMs: limits.stallMs,
        sender: "client",
        signal: session.signal,
        onBytes: trace.received,
      });
      const pieces = session.refinement.answer(await onlyFrame(readFrames(body)));
      const headers = serverHeaders(FRAMES_TYPE);
      const done = "Finer round completed";
      const stream = answerStream({ session, pieces, framed: true, leave, done, trace }, house);
      return new Response(stream, { headers });
    } catch (error) {
      leave();
      await sessions.fail(session, toFailure(error));
      throw error;
    }
  };
}

/** The one frame of a body that may have no more. */
async function onlyFrame(frames: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  let only: Uint8Array | undefined;
  for await (const frame of frames) {
    if (only !== undefined) {
      throw new ParasyncError("bad_request", "Cannot refine: the body has more than one frame");
    }
    only = frame.slice();
  }
  if (only === undefined) {
    throw new ParasyncError("stream", "Cannot refine: the body has no frame");
  }
  return only;
}
