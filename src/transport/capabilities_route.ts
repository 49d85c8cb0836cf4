import { FINGERPRINT_ID } from "../chunking/rule_k.ts";
import { MODES } from "../matching/mode_name.ts";
import { PROTOCOL_VERSION } from "../schemes/protocol_version.ts";
import { VERSION } from "../version.ts";
import { jsonAnswer } from "./answers.ts";
import type { Route, RouteHouse } from "./route.ts";

/** `GET /v1/capabilities`: what a client can ask of the server. */
export function capabilitiesRoute({ limits, schemes }: RouteHouse): Route {
  return (_request, _parameters, trace) =>
    jsonAnswer({
      name: "parasync",
      version: VERSION,
      protocol: PROTOCOL_VERSION,
      schemes,
      modes: MODES.map((_, number) => number),
      confirm: ["chunk", "target"],
      fingerprint: FINGERPRINT_ID,
      threads: limits.maxThreads,
      max_file_bytes: limits.maxFileBytes,
      max_body_bytes: limits.maxBodyBytes,
    }, trace);
}
