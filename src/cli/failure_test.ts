// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type FailureCode, FAILURES, ParasyncError } from "../errors.ts";
import { reportFailure } from "./failure.ts";
import { testOutput } from "./output/test_output.ts";

function report(error: unknown, flags: { json?: boolean; verbose?: boolean } = {}) {
  const stdout = testOutput();
  const stderr = testOutput();
  const { json = false, verbose = false } = flags;
  const exit = reportFailure(error, { stdout, stderr, json, verbose });
  return { exit, out: stdout.text(), err: stderr.text() };
}

Deno.test("every failure is one line on stderr and its exit code", () => {
  for (const code of Object.keys(FAILURES) as FailureCode[]) {
    const message = "Cannot write disk.img: No space left on device";
    const { exit, out, err } = report(new ParasyncError(code, message));
    assertEquals([exit, out, err], [FAILURES[code].exit, "", `parasync: ${message}\n`]);
  }
});

Deno.test("with --json a failure is also an object on stdout", () => {
  const { out, err } = report(new ParasyncError("busy", "Cannot begin"), { json: true });
  assertEquals(JSON.parse(out), {
    type: "error",
    schema: 1,
    code: "busy",
    exit: 22,
    message: "Cannot begin",
  });
  assertEquals(out.indexOf("\n"), out.length - 1);
  assertEquals(err, "parasync: Cannot begin\n");
});

Deno.test("an unexpected error is one line with a hint, and with --verbose a stack and its causes", () => {
  const error = new TypeError("x is undefined", { cause: new Error("deeper") });
  const short = report(error);
  assertEquals(short.exit, FAILURES.internal.exit);
  assertEquals(
    short.err,
    "parasync: Cannot go on: TypeError: x is undefined (--verbose shows where)\n",
  );
  const long = report(error, { verbose: true });
  assertStringIncludes(long.err, "failure_test.ts");
  assertStringIncludes(long.err, "deeper");
  assert(!long.err.includes("shows where"));
});

Deno.test("anything can be thrown, and a cause of itself ends", () => {
  for (const thrown of [undefined, null, "text", 7, {}]) {
    assertEquals(report(thrown, { verbose: true, json: true }).exit, FAILURES.internal.exit);
  }
  const error = new Error("x");
  error.cause = error;
  report(error, { verbose: true });
});

Deno.test("a message from a peer can neither forge lines nor show secrets", () => {
  const message = "Cannot open \x1b[2Ja\nb: http://me:s3cret@h/?token=s3cret";
  const { out, err } = report(new ParasyncError("connection", message), {
    json: true,
    verbose: true,
  });
  assert(!err.includes("\x1b") && !`${out}${err}`.includes("s3cret"));
  assertEquals(err.split("\n")[0]?.includes("a\\nb"), true);
});
