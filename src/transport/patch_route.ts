import { ParasyncError } from "../errors.ts";
import { requireSessionKey } from "../files/artefact.ts";
import { failpoint } from "../files/failpoint.ts";
import { readBody } from "./body.ts";
import { clientGone } from "./end_reasons.ts";
import { requireWritable } from "./grant.ts";
import { BYTES_TYPE, KEY_HEADER, serverHeaders } from "./headers.ts";
import { toFailure } from "./problem.ts";
import type { Route, RouteHouse } from "./route.ts";
import { formatTiming } from "./server_timing.ts";
import { basisNameOf, readConfirmation } from "./sync_query.ts";

/** `POST /patch`: takes a patch, or a part of it, and answers once the target is what it should be, or why it is not. */
export function patchRoute({ sessions, limits, telemetry }: RouteHouse): Route {
  return async (request, parameters, trace) => {
    const { logger } = trace;
    const name = basisNameOf(parameters);
    const key = request.headers.get(KEY_HEADER) ?? parameters.get("key") ?? "";
    requireSessionKey(key);
    requireWritable(trace.grant);
    const session = sessions.find(key, name, trace.grant);
    telemetry.joins(trace, session);
    const abandon = (): void => {
      sessions.end(session, clientGone()).catch(() => {});
    };
    request.signal.addEventListener("abort", abandon);
    try {
      const received = await session.during(async () => {
        const reception = await session.reception();
        return await reception.receive(
          readBody(request.body, {
            maxBytes: limits.maxBodyBytes,
            idleMs: limits.idleMs,
            stallMs: limits.stallMs,
            sender: "client",
            signal: session.signal,
            onBytes: trace.received,
          }),
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
        logger.info("A match was false; segments are sent whole", { name });
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
