import { requireSessionKey } from "../files/artefact.ts";
import { textAnswer } from "./answers.ts";
import { readText } from "./body.ts";
import { looked } from "./end_reasons.ts";
import { requireNamed } from "./grant.ts";
import type { Route, RouteHouse } from "./route.ts";
import { basisNameOf } from "./sync_query.ts";

/** `POST /ack`: the client has the session's key, or all that it asked for; who only looks may say that it is done. */
export function ackRoute({ sessions, limits }: RouteHouse): Route {
  return async (request, parameters, trace) => {
    const name = basisNameOf(parameters);
    requireNamed(trace.grant, name);
    const key = await readText(request.body, {
      maxBytes: 1024,
      idleMs: limits.idleMs,
      stallMs: limits.stallMs,
      sender: "client",
      onBytes: trace.received,
    });
    requireSessionKey(key);
    // As in the original an unknown key is no failure: the acknowledgement only times the round trip.
    const sentAt = sessions.peek(key)?.keySentAt;
    if (sentAt !== undefined) {
      const rttMs = Math.round((performance.now() - sentAt) * 1000) / 1000;
      trace.logger.info("Matched Chunks RTT (Server-side)", { name, rttMs });
    }
    const session = parameters.get("end") === "1" ? sessions.peek(key) : undefined;
    if (session?.parts.looking && session.parts.name === name) {
      await sessions.end(session, looked());
    }
    return textAnswer("ACK_RECV", trace);
  };
}
