import { ParasyncError } from "../errors.ts";
import type { SchemeName } from "../schemes/scheme_name.ts";
import type { Logger } from "../telemetry/log.ts";
import { REQUEST_ID_HEADER } from "../telemetry/request_id.ts";
import { type AccessRules, requireAccess } from "./access.ts";
import { ackRoute } from "./ack_route.ts";
import { textAnswer } from "./answers.ts";
import { keyRoute, signatureRoute } from "./begin_routes.ts";
import { capabilitiesRoute } from "./capabilities_route.ts";
import { logFailure } from "./failure_log.ts";
import { requireWhole } from "./grant.ts";
import type { Limits } from "./limits.ts";
import { inviteBasic, PAGES, withBearer } from "./page_access.ts";
import { patchRoute } from "./patch_route.ts";
import { problemResponse, toFailure } from "./problem.ts";
import { progressRoute } from "./progress_route.ts";
import { refineRoute } from "./refine_route.ts";
import type { RequestTrace } from "./request_trace.ts";
import type { Route, RouteHouse } from "./route.ts";
import { type ConnectionInfo, ServerTelemetry } from "./server_telemetry.ts";
import type { SessionTable } from "./session_table.ts";
import { metricsAnswer, pageAnswer, readyAnswer, statusAnswer } from "./status_answers.ts";
import { parseQuery } from "./sync_query.ts";
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
    const { sessions, logger, accessLog, limits, schemes } = parts;
    const telemetry = new ServerTelemetry({
      sessions,
      logger,
      accessLog,
      mostSyncs: limits.maxConcurrent,
      queueLength: () => sessions.waiting,
    });
    this.#telemetry = telemetry;
    const house: RouteHouse = { sessions, limits, schemes, telemetry };
    this.#routes = {
      "/csums_queue": { method: "POST", route: keyRoute(house) },
      "/signature": { method: "GET", route: signatureRoute(house) },
      "/ack": { method: "POST", route: ackRoute(house) },
      "/refine": { method: "POST", route: refineRoute(house) },
      "/patch": { method: "POST", route: patchRoute(house) },
      "/healthz": { method: "GET", route: (_request, _query, trace) => textAnswer("ok\n", trace) },
      "/readyz": this.#shown(readyAnswer),
      "/metrics": this.#shown(metricsAnswer),
      "/": this.#shown(pageAnswer),
      "/status.json": this.#shown(statusAnswer),
      "/v1/capabilities": { method: "GET", route: capabilitiesRoute(house) },
      "/v1/progress": { method: "GET", route: progressRoute(house) },
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

  #refuse(request: Request, error: unknown, trace: RequestTrace): Response {
    const name = `${request.method} ${pathOf(request)}`;
    logFailure({ message: "Cannot serve request", name, error }, trace, this.#telemetry);
    const { body } = request;
    const failure = toFailure(error);
    const response = problemResponse(failure, body?.locked === false ? body : null, trace);
    if (failure.code === "unauthorized" && PAGES.has(trace.route)) inviteBasic(response);
    return response;
  }
}

/** A request's path for the log; a malformed Host header makes the whole address unreadable. */
function pathOf({ url }: Request): string {
  return URL.canParse(url) ? new URL(url).pathname : url;
}
