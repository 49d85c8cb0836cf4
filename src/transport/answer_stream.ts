import { ParasyncError } from "../errors.ts";
import { SCHEMES } from "../schemes/scheme_name.ts";
import { clientGone, looked } from "./end_reasons.ts";
import { logFailure } from "./failure_log.ts";
import { answerFrame } from "./messages.ts";
import { toFailure } from "./problem.ts";
import type { RequestTrace } from "./request_trace.ts";
import type { RouteHouse } from "./route.ts";
import type { Session } from "./session.ts";

/** An answer that is made while it is sent. */
export interface StreamedAnswer {
  /** The session that it is made for. */
  readonly session: Session;
  /** What it is made of. */
  readonly pieces: AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined>;
  /** Whether these are frames, the last of which may tell of a failure. */
  readonly framed: boolean;
  /** Called when it is over. */
  readonly leave: () => void;
  /** What the log says when it is complete. */
  readonly done: string;
  /** The request that it answers. */
  readonly trace: RequestTrace;
}

/** The most pieces that wait for a client to take them. */
const SEND_PIECES = 8;

/**
 * The body of an answer. A failure becomes its last frame; a client that goes, or takes nothing for too long, ends the
 * session.
 *
 * @param answer The answer.
 * @param house Where its session is, and how long a client may take nothing.
 * @returns Its body; the trace says when all of it has been made.
 */
export function answerStream(
  { session, pieces, framed, leave, done, trace }: StreamedAnswer,
  { sessions, limits, telemetry }: RouteHouse,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { name, looking, scheme } = session.parts;
  const { logger } = trace;
  // Runs while the client has been given all that may wait for it, and is not taking it.
  let stalled: ReturnType<typeof setTimeout> | undefined;
  let gone = false;
  const failed = (error: unknown): void =>
    logFailure({ message: "Cannot answer", name, error }, trace, telemetry);
  const made = Promise.withResolvers<void>();
  trace.made = made.promise;
  const giveUp = async (controller: ReadableStreamDefaultController): Promise<void> => {
    const late = new ParasyncError(
      "timeout",
      `Cannot go on: the client took nothing for ${limits.idleMs} ms`,
    );
    failed(late);
    gone = true;
    controller.error(late);
    made.resolve();
    // The target stays locked until nothing works on it any more.
    await sessions.end(session, late).finally(leave);
    await pieces.return();
  };
  return new ReadableStream({
    pull: async (controller) => {
      clearTimeout(stalled);
      try {
        const next = await pieces.next();
        if (gone) return;
        if (!next.done) {
          session.keySentAt ??= performance.now();
          trace.sent(next.value.length);
          controller.enqueue(next.value);
          stalled = setTimeout(() => giveUp(controller).catch(() => {}), limits.idleMs);
          return;
        }
        logger.info(done, { name, ...session.clock.toMillis() });
        // Where the client moves first finer rounds may follow.
        const over = looking && SCHEMES[scheme].opens === "signature";
        if (over) await sessions.end(session, looked());
      } catch (error) {
        if (gone) return;
        const failure = toFailure(error);
        failed(error);
        const { code, message } = failure;
        if (!framed) {
          // Nothing can be said in such a body: it breaks off, and the client asks why.
          leave();
          controller.error(failure);
          made.resolve();
          return await sessions.fail(session, failure);
        }
        // A client that tries again as soon as it has read this must not find the target locked.
        await sessions.end(session, failure);
        leave();
        controller.enqueue(answerFrame({ case: "problem", value: { code, message } }));
      }
      leave();
      controller.close();
      made.resolve();
    },
    cancel: async () => {
      clearTimeout(stalled);
      gone = true;
      made.resolve();
      logger.info("Client went away", { name });
      await sessions.end(session, clientGone()).finally(leave);
      await pieces.return();
    },
  }, { highWaterMark: SEND_PIECES });
}
