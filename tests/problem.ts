// @ts-types="../src/types/std_assert.d.ts"
import { assertEquals, assertMatch } from "@std/assert";
import { type FailureCode, FAILURES } from "../src/errors.ts";

/** An answer as either fetch or a raw socket gave it. */
export interface ProblemAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/**
 * Asserts that an answer is a problem document (RFC 9457) of a failure, and nothing more.
 *
 * @param answer The answer.
 * @param code Which failure.
 * @returns Its detail.
 */
export function assertProblem({ status, headers, body }: ProblemAnswer, code: FailureCode): string {
  assertMatch(body, /^\{.*\}$/, `${status}: ${body}`);
  const problem = JSON.parse(body);
  assertEquals([problem.code, status], [code, FAILURES[code].status], body);
  assertEquals(headers.get("content-type"), "application/problem+json");
  assertEquals(headers.get("x-parasync-protocol"), "1");
  assertEquals(headers.get("cache-control"), "no-store");
  assertEquals(Object.keys(problem).sort(), [
    "code",
    "detail",
    "request_id",
    "status",
    "title",
    "type",
  ]);
  assertEquals([problem.type, problem.status], ["about:blank", status]);
  assertMatch(problem.detail, /^Cannot [^\n]+[^.\n]$/);
  return problem.detail;
}

/** Takes what {@linkcode assertProblem} needs out of a response. */
export async function answerOf(response: Response): Promise<ProblemAnswer> {
  return { status: response.status, headers: response.headers, body: await response.text() };
}
