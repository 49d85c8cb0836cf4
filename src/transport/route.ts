import type { SchemeName } from "../schemes/scheme_name.ts";
import type { Limits } from "./limits.ts";
import type { RequestTrace } from "./request_trace.ts";
import type { ServerTelemetry } from "./server_telemetry.ts";
import type { SessionTable } from "./session_table.ts";

/** Answers the requests of one path: the request, what its query says, and what is known of it. */
export type Route = (
  request: Request,
  query: ReadonlyMap<string, string>,
  trace: RequestTrace,
) => Promise<Response> | Response;

/** What the routes of a server share. */
export interface RouteHouse {
  readonly sessions: SessionTable;
  readonly limits: Limits;
  /** The schemes that are served. */
  readonly schemes: readonly SchemeName[];
  readonly telemetry: ServerTelemetry;
}
