/** What a page in somebody's browser can do to the server that the browser reaches. */
// @ts-types="../../src/types/std_assert.d.ts"
import { assertEquals } from "@std/assert";
import fs from "node:fs";
import { assertProblem } from "../problem.ts";
import { rawRequest } from "../raw_request.ts";
import { Workspace } from "../workspace.ts";

const TOKEN = "s3cret-T0ken";

/** More wrong tokens than an address may send. */
const GUESSES = 15;

Deno.test("a page that has a browser send wrong tokens does not lock its visitor out", async () => {
  await using space = new Workspace();
  const tokens = space.new(`${TOKEN}\n`, "tokens");
  fs.chmodSync(tokens, 0o600);
  const server = await space.serve([`--token-file=${tokens}`]);
  for (const target of ["/", "/status.json", "/v1/capabilities", "/signature?basis_filename=a"]) {
    for (let guess = 0; guess < GUESSES; guess++) {
      const authorization = guess % 2 === 0 ? "Bearer wrong" : `Basic ${btoa("a:wrong")}`;
      const headers = { authorization, "Sec-Fetch-Site": "cross-site" };
      assertProblem(await rawRequest(server.port, { target, headers }), "forbidden");
    }
  }
  const own = { authorization: `Basic ${btoa(`me:${TOKEN}`)}`, "Sec-Fetch-Site": "none" };
  assertEquals((await rawRequest(server.port, { target: "/", headers: own })).status, 200);
  const client = { authorization: `Bearer ${TOKEN}` };
  const answer = await rawRequest(server.port, { target: "/v1/capabilities", headers: client });
  assertEquals(answer.status, 200);
});
