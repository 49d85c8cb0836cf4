// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { type FailureCode, FAILURES, ParasyncError } from "../errors.ts";
import { PROTOCOL_HEADER } from "./headers.ts";
import { problemResponse, readProblem, toFailure } from "./problem.ts";

const CODES = Object.keys(FAILURES) as FailureCode[];

Deno.test("every failure travels with its code, its status and its text", async () => {
  for (const code of CODES) {
    const failure = new ParasyncError(code, `Cannot do it: ${code} "quoted" ü`);
    const response = problemResponse(failure);
    assertEquals(response.status, FAILURES[code].status);
    assertEquals(response.headers.get("content-type"), "application/problem+json");
    assert(response.headers.has(PROTOCOL_HEADER));
    const text = await response.text();
    const told = readProblem(text, response.status);
    assertEquals([told.code, told.message], [code, failure.message]);
    const { status, detail, title } = JSON.parse(text);
    assertEquals([status, detail, title], [response.status, failure.message, code]);
  }
});

Deno.test("who is refused for want of room or of a token is told what to do", () => {
  const busy = problemResponse(new ParasyncError("busy", "Cannot sync now"));
  assertEquals(busy.headers.get("retry-after"), "1");
  const unauthorized = problemResponse(new ParasyncError("unauthorized", "Cannot serve"));
  assertEquals(unauthorized.headers.get("www-authenticate"), "Bearer");
});

Deno.test("what is not ours becomes an internal failure whose text stays here", () => {
  for (const thrown of [new TypeError("/etc/secret"), "/etc/secret", undefined, null, 5]) {
    const failure = toFailure(thrown);
    assertEquals(failure.code, "internal");
    assert(!failure.message.includes("secret"));
    assertEquals(failure.cause, thrown);
  }
  const ours = new ParasyncError("locked", "Cannot sync");
  assertEquals(toFailure(ours), ours);
});

Deno.test("an answer that is no problem of ours says that something else answered", () => {
  const foreign = [
    "",
    "<html>502 Bad Gateway</html>",
    "null",
    "5",
    '"text"',
    "[]",
    "{}",
    '{"code":"locked"}',
    '{"code":"no such code","detail":"x"}',
    '{"code":"toString","detail":"x"}',
    '{"code":"__proto__","detail":"x"}',
    '{"code":5,"detail":"x"}',
    '{"code":"locked","detail":5}',
    "{" + " ".repeat(1000),
  ];
  for (const text of foreign) {
    const failure = readProblem(text, 502);
    assertEquals(failure.code, "not_a_server", text);
    assert(failure.message.includes("502"));
  }
});

Deno.test("a server cannot write to the terminal what it likes, nor as much", () => {
  const detail = "Cannot\u001b[2J\r\nroot@host# " + "x".repeat(100_000);
  const { code, message } = readProblem(JSON.stringify({ code: "locked", detail }), 409);
  assertEquals(code, "locked");
  // deno-lint-ignore no-control-regex -- control characters are what must not be there
  assert(!/[\u0000-\u001f]/.test(message) && message.length < 5000, message.slice(0, 50));
});
