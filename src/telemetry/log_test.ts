// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  createLogger,
  LOG_LEVELS,
  type LogFormat,
  type Logger,
  redact,
  withFields,
} from "./log.ts";

function capture(
  level: typeof LOG_LEVELS[number],
  format: LogFormat = "text",
): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const now = () => new Date(Date.UTC(2026, 10, 22, 10));
  return { logger: createLogger({ level, format, write: (line) => lines.push(line), now }), lines };
}

Deno.test("a text line has time, padded level, message and fields", () => {
  const { logger, lines } = capture("info");
  logger.info("target written", { target: "a b.img", bytes: 12, ok: true, skipped: undefined });
  assertEquals(lines, [
    '2026-11-22T10:00:00.000Z info  target written target="a b.img" bytes=12 ok=true\n',
  ]);
});

Deno.test("every level lets through itself and what is graver, and nothing else", () => {
  for (const [place, level] of LOG_LEVELS.entries()) {
    const { logger, lines } = capture(level);
    for (const each of LOG_LEVELS) {
      logger[each]("x");
      assertEquals(logger.enabled(each), LOG_LEVELS.indexOf(each) >= place);
    }
    assertEquals(lines.length, LOG_LEVELS.length - place);
  }
});

Deno.test("a hostile name cannot forge a line or a field, in either format", () => {
  for (const format of ["text", "json"] as const) {
    const { logger, lines } = capture("debug", format);
    logger.warn("refused\nforged", { target: 'x" level=info\n\x1b[2J\u202e\x9b', level: "debug" });
    assertEquals(lines.length, 1);
    const line = lines[0] ?? "";
    // deno-lint-ignore no-control-regex -- control characters are what is looked for
    assert(!/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/.test(line), line);
    assertEquals(line.indexOf("\n"), line.length - 1);
  }
});

/** Fields of a line of text, as whoever searches a log splits them. */
function fieldsOf(line: string): Record<string, string> {
  const fields = line.matchAll(/ ([a-z_]+)=(?:"((?:[^"\\]|\\.)*)"|([^" ]\S*))/g);
  return Object.fromEntries(
    [...fields].map(([, name, quoted, bare]) => [name, quoted?.replace(/\\(.)/g, "$1") ?? bare]),
  );
}

Deno.test("no value of a field of text can end before its end and begin another field", () => {
  const values = [
    'x" code=ok y="z',
    '\\" code=ok y="z',
    '\\\\" code=ok y="z',
    "ends with \\",
    "\\",
    '"',
    "code=ok",
    " code=ok",
    "",
  ];
  for (const target of values) {
    const { logger, lines } = capture("info");
    logger.info("refused", { target, code: "busy" });
    assertEquals(fieldsOf(lines.join("").trimEnd()), { target, code: "busy" }, lines.join(""));
  }
});

Deno.test("a JSON line is an object that keeps its own time, level and message", () => {
  const { logger, lines } = capture("info", "json");
  logger.error("failed", { level: "debug", bytes: 7, target: "a\u2028b" });
  assertEquals(JSON.parse(lines[0] ?? ""), {
    time: "2026-11-22T10:00:00.000Z",
    level: "error",
    message: "failed",
    "field_level": "debug",
    bytes: 7,
    target: "a\u2028b",
  });
});

Deno.test("secrets are redacted in fields, messages and URLs", () => {
  const { logger, lines } = capture("info");
  logger.info("got Authorization: Bearer abc.def", {
    token: "s3cret",
    "session_key": "s3cret",
    url: "http://user:s3cret@host/x?key=s3cret&a=1",
  });
  const line = lines.join("");
  assert(!line.includes("s3cret") && !line.includes("abc.def"), line);
  assertStringIncludes(line, "a=1");
});

Deno.test("redact keeps text that holds no secret", () => {
  for (const text of ["http://host:19876/a@b.img", "keyed by target", "/patch?file=x&hw=1"]) {
    assertEquals(redact(text), text);
  }
});

Deno.test("common fields stand on every line, after the line's own, and cannot be forged", () => {
  const { logger, lines } = capture("warn");
  const bound = withFields(withFields(logger, { request: "4f2a" }), { client: "::1" });
  bound.warn("refused", { code: "busy", request: "forged" });
  bound.info("unseen");
  assertEquals(lines, [
    "2026-11-22T10:00:00.000Z warn  refused code=busy request=4f2a client=::1\n",
  ]);
  assertEquals([bound.enabled("warn"), bound.enabled("info")], [true, false]);
});
