// @ts-types="../types/std_assert.d.ts"
import { assertEquals, assertRejects } from "@std/assert";
import { type FailureCode, ParasyncError } from "../errors.ts";
import { withRetryAfter } from "../transport/retry_after.ts";
import { withRetries } from "./retry.ts";

/** Fails with each of the codes in turn, then succeeds; gives how often it was tried and what was said. */
async function tried(
  codes: readonly FailureCode[],
  retries: number,
): Promise<{ result: string; lines: string[] }> {
  const lines: string[] = [];
  const result = await withRetries(
    (before) => {
      const code = codes[before];
      if (code === undefined) return Promise.resolve(`after ${before}`);
      // The least wait that there is keeps the test short.
      return Promise.reject(new ParasyncError(code, `Cannot go on: ${code}`));
    },
    {
      retries,
      onRetry: (line) => lines.push(line),
      signal: new AbortController().signal,
      random: () => 0,
    },
  );
  return { result, lines };
}

Deno.test("what may pass is tried again, and each time it is said why and when", async () => {
  const { result, lines } = await tried(["connection", "stream"], 3);
  assertEquals(result, "after 2");
  assertEquals(lines, [
    "Cannot go on: connection; trying again in 0.3 s (1 of 3)",
    "Cannot go on: stream; trying again in 0.5 s (2 of 3)",
  ]);
});

Deno.test("what does not pass is not, nor more often than was asked for", async () => {
  for (
    const code of [
      "unauthorized",
      "not_found",
      "verification",
      "changed",
      "no_space",
      "timeout",
    ] as const
  ) {
    assertEquals((await assertRejects(() => tried([code], 3), ParasyncError)).code, code);
  }
  assertEquals((await assertRejects(() => tried(["busy"], 0), ParasyncError)).code, "busy");
});

Deno.test("a part that is tried again alone takes of the same retries", async () => {
  const lines: string[] = [];
  const asked: number[] = [];
  const broken = () => Promise.reject(new ParasyncError("stream", "Cannot go on: stream"));
  const pushed = withRetries(
    (before, again) => {
      if (before === 0) return broken();
      return again((made) => {
        asked.push(made);
        return broken();
      });
    },
    {
      retries: 3,
      onRetry: (line) => lines.push(line),
      signal: new AbortController().signal,
      random: () => 0,
    },
  );
  assertEquals((await assertRejects(() => pushed, ParasyncError)).code, "stream");
  assertEquals(asked, [1, 2, 3]);
  assertEquals(lines.map((line) => line.slice(-8)), ["(1 of 3)", "(2 of 3)", "(3 of 3)"]);
});

Deno.test("a lock is waited for only where it may be one's own", async () => {
  assertEquals((await assertRejects(() => tried(["locked"], 3), ParasyncError)).code, "locked");
  assertEquals((await tried(["stream", "locked"], 3)).result, "after 2");
});

Deno.test("a server's Retry-After is honoured, and the signal ends the wait", async () => {
  const lines: string[] = [];
  const controller = new AbortController();
  const late = new ParasyncError("timeout", "Cannot finish: it is late");
  const failure = await assertRejects(() =>
    withRetries(
      () => Promise.reject(withRetryAfter(new ParasyncError("busy", "Cannot sync: busy"), "120")),
      {
        retries: 3,
        onRetry: (line) => {
          lines.push(line);
          controller.abort(late);
        },
        signal: controller.signal,
      },
    )
  );
  assertEquals(failure, late);
  assertEquals(lines, ["Cannot sync: busy; trying again in 120.0 s (1 of 3)"]);
});
