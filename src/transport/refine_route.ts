import { ParasyncError } from "../errors.ts";
import { answerStream } from "./answer_stream.ts";
import { FRAME_HEAD_BYTES, MAX_FRAME_BYTES, readFrames } from "./framing.ts";
import { requireWritable } from "./grant.ts";
import { FRAMES_TYPE, serverHeaders } from "./headers.ts";
import { toFailure } from "./problem.ts";
import type { Route, RouteHouse } from "./route.ts";
import { requestBody, sessionOf } from "./session_request.ts";

/** `POST /refine`: a finer round of a session, of which a client may ask once it has begun. */
export function refineRoute(house: RouteHouse): Route {
  const { sessions, telemetry } = house;
  return async (request, parameters, trace) => {
    const session = sessionOf(request, parameters, house, trace);
    if (!session.parts.looking) requireWritable(trace.grant);
    telemetry.joins(trace, session);
    const leave = session.enter();
    try {
      const maxBytes = FRAME_HEAD_BYTES + MAX_FRAME_BYTES;
      const body = requestBody(request, session, maxBytes, house, trace);
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
