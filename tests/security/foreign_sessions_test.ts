/** Sessions of others, for those who have a token for less. */
// @ts-types="../../src/types/std_assert.d.ts"
import { assertEquals, assertMatch } from "@std/assert";
import fs from "node:fs";
import { requestFrame } from "../../src/transport/messages.ts";
import { assertProblem } from "../problem.ts";
import { type RawAnswer, rawRequest } from "../raw_request.ts";
import { openFrames } from "../wire_session.ts";
import { someBytes, Workspace } from "../workspace.ts";

const OLD = someBytes(50_000);

const TOKENS = "t0ken-all\nt0ken-read read-only\nt0ken-other prefix=/other/\n";

const ROUND = requestFrame({
  case: "refine",
  value: { block: 0, checkBytes: 0, begins: new Uint8Array(0), lengths: new Uint8Array(0) },
});

Deno.test("a session is of use to those alone who could have begun it", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const tokens = space.new(TOKENS, "tokens");
  fs.chmodSync(tokens, 0o600);
  const server = await space.serve([`--token-file=${tokens}`]);
  const post = (
    token: string,
    target: string,
    body: Uint8Array<ArrayBuffer>,
    key = "",
  ): Promise<RawAnswer> =>
    rawRequest(server.port, {
      method: "POST",
      target,
      headers: { authorization: `Bearer ${token}`, "X-Request-Key": key },
      body,
    });
  const begin = (token: string, more: string): Promise<RawAnswer> =>
    post(token, `/csums_queue?basis_filename=a&target=replace${more}`, openFrames(100));
  const refine = (token: string, key: string): Promise<RawAnswer> =>
    post(token, "/refine?basis_filename=a", ROUND, key);
  const progress = (token: string, key: string): Promise<RawAnswer> =>
    rawRequest(server.port, {
      target: `/v1/progress?key=${key}`,
      headers: { authorization: `Bearer ${token}` },
    });

  const own = (await begin("t0ken-all", "")).headers.get("x-request-key")!;
  assertMatch(assertProblem(await refine("t0ken-read", own), "forbidden"), /to look with/);
  assertMatch(assertProblem(await refine("t0ken-other", own), "forbidden"), /for other files/);
  assertMatch(assertProblem(await progress("t0ken-other", own), "forbidden"), /for other files/);
  assertEquals((await refine("t0ken-all", own)).status, 200);
  assertEquals((await progress("t0ken-all", own)).status, 200);

  const looking = (await begin("t0ken-read", "&look=1")).headers.get("x-request-key")!;
  assertEquals((await refine("t0ken-read", looking)).status, 200);
});
