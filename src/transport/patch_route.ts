import { ParasyncError } from "../errors.ts";
import { failpoint } from "../files/failpoint.ts";
import { clientGone } from "./end_reasons.ts";
import { requireWritable } from "./grant.ts";
import { BYTES_TYPE, serverHeaders } from "./headers.ts";
import { toFailure } from "./problem.ts";
import type { Route, RouteHouse } from "./route.ts";
import { formatTiming } from "./server_timing.ts";
import { requestBody, sessionOf } from "./session_request.ts";
import { readConfirmation } from "./sync_query.ts";

/** `POST /patch`: takes a patch, or a part of it, and answers once the target is what it should be, or why it is not. */
export function patchRoute(house: RouteHouse): Route {
  const { sessions, limits, telemetry } = house;
  return async (request, parameters, trace) => {
    const { logger } = trace;
    requireWritable(trace.grant);
    const session = sessionOf(request, parameters, house, trace);
    telemetry.joins(trace, session);
    const abandon = (): void => {
      sessions.end(session, clientGone()).catch(() => {});
    };
    request.signal.addEventListener("abort", abandon);
    try {
      const received = await session.during(async () => {
        const reception = await session.reception();
        return await reception.receive(
          requestBody(request, session, limits.maxBodyBytes, house, trace),
          readConfirmation(parameters),
          parameters.get("repair") === "1",
        );
      });
      const headers = serverHeaders("text/plain; charset=utf-8");
      headers.set("server-timing", formatTiming(session.clock.timeline()));
      if (received.kind === "part") {
        trace.sent("PART".length);
        return new Response("PART", { headers });
      }
      if (received.kind === "mismatch") {
        logger.info("A match was false; segments are sent whole", {
          name: session.parts.name,
        });
        session.parts.keeper.distrust();
        headers.set("content-type", BYTES_TYPE);
        trace.sent(received.segments.length);
        return new Response(new Uint8Array(received.segments), { headers });
      }
      failpoint("before-ok");
      session.settled();
      sessions.outcomes.committed(session.parts.key);
      trace.sent("OK".length);
      telemetry.committed(session, received.totals);
      const { path } = session.parts.target;
      logger.info("Patch applied and new file saved to", { path, ...session.clock.toMillis() });
      if (session.parts.fsync && !received.commit.durable) {
        logger.warn(
          "The folder could not be synced: the new name may not outlast a power failure",
          { path },
        );
      }
      // The result is in its place; letting go of the old file takes a while and need not be waited for.
      const complete = new ParasyncError("changed", "Cannot go on: the sync is complete");
      setTimeout(() => {
        sessions.keepResult(session, logger);
        sessions.end(session, complete).catch(() => {});
      });
      return new Response("OK", { headers });
    } catch (error) {
      await sessions.fail(session, toFailure(error));
      throw error;
    } finally {
      request.signal.removeEventListener("abort", abandon);
    }
  };
}
