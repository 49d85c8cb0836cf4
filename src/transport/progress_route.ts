import { requireSessionKey } from "../files/artefact.ts";
import { jsonAnswer } from "./answers.ts";
import { requireNamed } from "./grant.ts";
import { problemResponse } from "./problem.ts";
import type { Route, RouteHouse } from "./route.ts";

/** `GET /v1/progress`: how far a target is, or what became of it: its client may not have got the answer. */
export function progressRoute({ sessions }: RouteHouse): Route {
  return (_request, parameters, trace) => {
    const key = parameters.get("key") ?? "";
    requireSessionKey(key);
    const { outcomes } = sessions;
    if (outcomes.isCommitted(key)) return jsonAnswer({ done: 0, total: 0, committed: true }, trace);
    const failure = outcomes.failure(key);
    if (failure !== undefined) return problemResponse(failure, null, trace);
    const session = sessions.peek(key);
    if (session !== undefined) requireNamed(trace.grant, session.parts.name);
    return jsonAnswer(session?.progress ?? { done: 0, total: 0 }, trace);
  };
}
