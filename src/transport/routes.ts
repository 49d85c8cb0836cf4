import { FINGERPRINT_ID } from "../chunking/rule_k.ts";
import { availableCodings } from "../delta/coding.ts";
import { ParasyncError } from "../errors.ts";
import { requireSessionKey } from "../files/artefact.ts";
import { failpoint } from "../files/failpoint.ts";
import { openBackend } from "../hashing/select.ts";
import { MODES } from "../matching/mode_name.ts";
import { PROTOCOL_VERSION } from "../schemes/protocol_version.ts";
import { loadKeyScheme, loadSignatureScheme } from "../schemes/registry.ts";
import type { BasisEnd } from "../schemes/scheme.ts";
import { type SchemeName, SCHEMES } from "../schemes/scheme_name.ts";
import { sessionMessage } from "../schemes/session_message.ts";
import type { Logger } from "../telemetry/log.ts";
import { REQUEST_ID_HEADER } from "../telemetry/request_id.ts";
import { VERSION } from "../version.ts";
import { type AccessRules, requireAccess } from "./access.ts";
import { jsonAnswer, textAnswer } from "./answers.ts";
import { requireNamed, requireWhole, requireWritable } from "./grant.ts";
import { readBody, readText } from "./body.ts";
import { FRAME_HEAD_BYTES, MAX_FRAME_BYTES, readFrames } from "./framing.ts";
import { BYTES_TYPE, FRAMES_TYPE, KEY_HEADER, serverHeaders, SESSION_HEADER } from "./headers.ts";
import { inviteBasic, PAGES, withBearer } from "./page_access.ts";
import { type Limits, MAX_KEYS, patchBytes } from "./limits.ts";
import { answerFrame } from "./messages.ts";
import { problemResponse, toFailure } from "./problem.ts";
import type { RequestTrace } from "./request_trace.ts";
import { type ConnectionInfo, ServerTelemetry } from "./server_telemetry.ts";
import type { Session } from "./session.ts";
import type { SessionTable } from "./session_table.ts";
import { formatTiming } from "./server_timing.ts";
import { metricsAnswer, pageAnswer, readyAnswer, statusAnswer } from "./status_answers.ts";
import {
  basisNameOf,
  parseQuery,
  readConfirmation,
  readScheme,
  readSyncQuery,
  type SyncQuery,
} from "./sync_query.ts";
import { hasTwoLengths, requireOneLength } from "./two_lengths.ts";

/** What the routes serve from. */
export interface RouteParts {
  readonly sessions: SessionTable;
  readonly access: AccessRules;
  readonly limits: Limits;
  readonly logger: Logger;
  /** The schemes that are served. */
  readonly schemes: readonly SchemeName[];
  /** The path that a proxy puts before every route; empty where there is none. */
  readonly prefix: string;
  /** Whether every request has a line in the log. */
  readonly accessLog: boolean;
}

/** What a scheme answers a client that opens a session. */
interface SchemeAnswer {
  readonly pieces: AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined>;
  /** The content type of the body they make. */
  readonly type: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What else there is to say of an answer's body. */
interface AnswerTraits {
  /** Called when it is over. */
  readonly leave: () => void;
  /** Whether it is made of frames, the last of which may tell of a failure. */
  readonly framed: boolean;
  /** What the log says when it is complete. */
  readonly done: string;
  /** The request that it answers. */
  readonly trace: RequestTrace;
}

type Route = (
  request: Request,
  query: ReadonlyMap<string, string>,
  trace: RequestTrace,
) => Promise<Response> | Response;

const SEND_FRAMES = 8;

/** What monitors ask for, which know neither names nor tokens. */
const OPEN: ReadonlySet<string> = new Set(["/healthz", "/readyz"]);

/** The server's endpoints: the original's three, and a few that tell about the server. */
export class Routes {
  readonly #parts: RouteParts;
  readonly #telemetry: ServerTelemetry;
  readonly #routes: Readonly<Record<string, { readonly method: string; readonly route: Route }>>;

  /** @param parts What to serve from. */
  constructor(parts: RouteParts) {
    this.#parts = parts;
    const { sessions, logger, accessLog, limits } = parts;
    this.#telemetry = new ServerTelemetry({
      sessions,
      logger,
      accessLog,
      mostSyncs: limits.maxConcurrent,
      queueLength: () => sessions.waiting,
    });
    this.#routes = {
      "/csums_queue": { method: "POST", route: this.#match },
      "/signature": { method: "GET", route: this.#signature },
      "/ack": { method: "POST", route: this.#acknowledge },
      "/refine": { method: "POST", route: this.#refine },
      "/patch": { method: "POST", route: this.#patch },
      "/healthz": { method: "GET", route: (_request, _query, trace) => textAnswer("ok\n", trace) },
      "/readyz": this.#shown(readyAnswer),
      "/metrics": this.#shown(metricsAnswer),
      "/": this.#shown(pageAnswer),
      "/status.json": this.#shown(statusAnswer),
      "/v1/capabilities": { method: "GET", route: this.#capabilities },
      "/v1/progress": { method: "GET", route: this.#progress },
    };
  }

  /**
   * Answers a request.
   *
   * @param request The request.
   * @param connection Where it came from.
   * @returns The answer; a failure is a problem document.
   */
  async handle(request: Request, connection: ConnectionInfo): Promise<Response> {
    const trace = this.#telemetry.begin(connection);
    const response = await this.#answer(request, trace);
    response.headers.set(REQUEST_ID_HEADER, trace.id);
    if (hasTwoLengths(request)) response.headers.set("connection", "close");
    const about = { method: request.method, path: pathOf(request), status: response.status };
    this.#telemetry.answered(trace, about, connection.completed);
    connection.onMade?.(trace.made);
    return response;
  }

  /** From now on no request begins that would not end. */
  stopping(): void {
    this.#telemetry.readiness.stopping = true;
  }

  async #answer(request: Request, trace: RequestTrace): Promise<Response> {
    try {
      requireOneLength(request);
      const url = new URL(request.url);
      const { prefix, access } = this.#parts;
      const path = url.pathname.startsWith(`${prefix}/`) ? url.pathname.slice(prefix.length) : "";
      const entry = Object.hasOwn(this.#routes, path) ? this.#routes[path] : undefined;
      if (entry !== undefined) trace.route = path;
      if (!OPEN.has(path)) {
        const asked = PAGES.has(path) ? withBearer(request) : request;
        trace.grant = requireAccess(asked, access, trace.client);
        if (PAGES.has(path)) requireWhole(trace.grant);
      }
      if (entry === undefined) {
        throw new ParasyncError(
          "not_found",
          `Cannot serve ${JSON.stringify(url.pathname)}: no such endpoint`,
        );
      }
      if (request.method !== entry.method) {
        throw new ParasyncError(
          "method_not_allowed",
          `Cannot serve ${path}: it takes ${entry.method}`,
        );
      }
      return await entry.route(request, parseQuery(url.search), trace);
    } catch (error) {
      return this.#refuse(request, error, trace);
    }
  }

  /** What tells about the server alone. */
  #shown(
    answer: (telemetry: ServerTelemetry, trace: RequestTrace) => Response | Promise<Response>,
  ): { readonly method: string; readonly route: Route } {
    return { method: "GET", route: (_request, _query, trace) => answer(this.#telemetry, trace) };
  }

  readonly #match: Route = async (request, parameters, trace) => {
    const { limits, schemes } = this.#parts;
    const scheme = readScheme(parameters, schemes, "csums_queue");
    const query = readSyncQuery(parameters, scheme);
    return await this.#begin(query, request, trace, async (end, session) => {
      const body = readBody(request.body, {
        maxBytes: limits.maxBodyBytes,
        idleMs: limits.idleMs,
        stallMs: limits.stallMs,
        sender: "client",
        signal: session.signal,
        onBytes: trace.received,
      });
      const answer = await loadKeyScheme(scheme);
      return { pieces: answer(end, readFrames(body)), type: FRAMES_TYPE };
    });
  };

  readonly #signature: Route = async (request, parameters, trace) => {
    const { schemes } = this.#parts;
    const scheme = readScheme(parameters, schemes, "signature");
    const query = readSyncQuery(parameters, scheme);
    return await this.#begin(query, request, trace, async (end) => {
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

  /** Opens a session and answers with what the scheme makes of it. */
  async #begin(
    query: SyncQuery,
    request: Request,
    trace: RequestTrace,
    answer: (end: BasisEnd, session: Session) => Promise<SchemeAnswer>,
  ): Promise<Response> {
    const { sessions, limits } = this.#parts;
    const { logger } = trace;
    const { session, enter } = await sessions.begin(query, {
      grant: trace.grant,
      client: trace.client,
      signal: request.signal,
    });
    this.#telemetry.joins(trace, session);
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
          sessions.record(session, query, opened);
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
      const traits = { leave, framed: type === FRAMES_TYPE, done, trace };
      const body = this.#stream(session, pieces, traits);
      return new Response(body, { headers });
    } catch (error) {
      leave();
      await sessions.fail(session, toFailure(error));
      throw error;
    }
  }

  /** The frames as a body; a failure becomes its last frame, and a client that goes ends the session. */
  #stream(
    session: Session,
    frames: AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined>,
    { leave, framed, done, trace }: AnswerTraits,
  ): ReadableStream<Uint8Array<ArrayBuffer>> {
    const { sessions, limits } = this.#parts;
    const { logger } = trace;
    // Runs while the client has been given all that may wait for it, and is not taking it.
    let stalled: ReturnType<typeof setTimeout> | undefined;
    let gone = false;
    const made = Promise.withResolvers<void>();
    trace.made = made.promise;
    const giveUp = async (controller: ReadableStreamDefaultController): Promise<void> => {
      const late = new ParasyncError(
        "timeout",
        `Cannot go on: the client took nothing for ${limits.idleMs} ms`,
      );
      this.#log("Cannot answer", session.parts.name, late, trace);
      gone = true;
      controller.error(late);
      made.resolve();
      // The target stays locked until nothing works on it any more.
      await sessions.end(session, late).finally(leave);
      await frames.return();
    };
    return new ReadableStream({
      pull: async (controller) => {
        clearTimeout(stalled);
        try {
          const next = await frames.next();
          if (gone) return;
          if (!next.done) {
            session.keySentAt ??= performance.now();
            trace.sent(next.value.length);
            controller.enqueue(next.value);
            stalled = setTimeout(() => giveUp(controller).catch(() => {}), limits.idleMs);
            return;
          }
          const { name, looking, scheme } = session.parts;
          logger.info(done, { name, ...session.clock.toMillis() });
          // Where the client moves first finer rounds may follow.
          const over = looking && SCHEMES[scheme].opens === "signature";
          if (over) await sessions.end(session, looked());
        } catch (error) {
          if (gone) return;
          const failure = toFailure(error);
          this.#log("Cannot answer", session.parts.name, error, trace);
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
        logger.info("Client went away", { name: session.parts.name });
        await sessions.end(
          session,
          new ParasyncError("stream", "Cannot go on: the client went away"),
        ).finally(leave);
        await frames.return();
      },
    }, { highWaterMark: SEND_FRAMES });
  }

  readonly #acknowledge: Route = async (request, parameters, trace) => {
    const { sessions, limits } = this.#parts;
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

  readonly #refine: Route = async (request, parameters, trace) => {
    const { sessions, limits } = this.#parts;
    const name = basisNameOf(parameters);
    const key = request.headers.get(KEY_HEADER) ?? parameters.get("key") ?? "";
    requireSessionKey(key);
    const session = sessions.find(key, name, trace.grant);
    if (!session.parts.looking) requireWritable(trace.grant);
    this.#telemetry.joins(trace, session);
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
      const traits = { leave, framed: true, done: "Finer round completed", trace };
      return new Response(this.#stream(session, pieces, traits), { headers });
    } catch (error) {
      leave();
      await sessions.fail(session, toFailure(error));
      throw error;
    }
  };

  readonly #patch: Route = async (request, parameters, trace) => {
    const { sessions, limits } = this.#parts;
    const { logger } = trace;
    const name = basisNameOf(parameters);
    const key = request.headers.get(KEY_HEADER) ?? parameters.get("key") ?? "";
    requireSessionKey(key);
    requireWritable(trace.grant);
    const session = sessions.find(key, name, trace.grant);
    this.#telemetry.joins(trace, session);
    const abandon = (): void => {
      const reason = new ParasyncError("stream", "Cannot go on: the client went away");
      sessions.end(session, reason).catch(() => {});
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
      sessions.committed(session);
      trace.sent("OK".length);
      this.#telemetry.committed(session, received.totals);
      const { path } = session.parts.target;
      logger.info("Patch applied and new file saved to", { path, ...session.clock.toMillis() });
      if (session.parts.fsync && !received.commit.durable) {
        logger.warn(
          "The folder could not be synced: the new name may not outlast a power failure",
          {
            path,
          },
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

  readonly #progress: Route = (_request, parameters, trace) => {
    const key = parameters.get("key") ?? "";
    requireSessionKey(key);
    const { sessions } = this.#parts;
    if (sessions.isCommitted(key)) return jsonAnswer({ done: 0, total: 0, committed: true }, trace);
    const failure = sessions.failure(key);
    if (failure !== undefined) return problemResponse(failure, null, trace);
    const session = sessions.peek(key);
    if (session !== undefined) requireNamed(trace.grant, session.parts.name);
    return jsonAnswer(session?.progress ?? { done: 0, total: 0 }, trace);
  };

  readonly #capabilities: Route = (_request, _parameters, trace) => {
    const { limits } = this.#parts;
    return jsonAnswer({
      name: "parasync",
      version: VERSION,
      protocol: PROTOCOL_VERSION,
      schemes: this.#parts.schemes,
      modes: MODES.map((_, number) => number),
      confirm: ["chunk", "target"],
      fingerprint: FINGERPRINT_ID,
      threads: limits.maxThreads,
      max_file_bytes: limits.maxFileBytes,
      max_body_bytes: limits.maxBodyBytes,
    }, trace);
  };

  #refuse(request: Request, error: unknown, trace: RequestTrace): Response {
    this.#log("Cannot serve request", `${request.method} ${pathOf(request)}`, error, trace);
    const { body } = request;
    const failure = toFailure(error);
    const response = problemResponse(failure, body?.locked === false ? body : null, trace);
    if (failure.code === "unauthorized" && PAGES.has(trace.route)) inviteBasic(response);
    return response;
  }

  /** What is ours to mend is an error; what a client did is not. */
  #log(message: string, name: string, error: unknown, { logger, client }: RequestTrace): void {
    const failure = toFailure(error);
    this.#telemetry.failed(failure);
    const fields = { name, client, code: failure.code, reason: failure.message };
    if (failure.code !== "internal") return logger.warn(message, fields);
    const cause = error instanceof Error ? error.stack ?? error.message : String(error);
    logger.error(message, { ...fields, cause });
  }
}

function looked(): ParasyncError {
  return new ParasyncError("changed", "Cannot go on: the session was for looking alone");
}

/** A request's path for the log; a malformed Host header makes the whole address unreadable. */
function pathOf({ url }: Request): string {
  return URL.canParse(url) ? new URL(url).pathname : url;
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
