// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { ParasyncError } from "../errors.ts";
import { SessionOutcomes } from "./session_outcomes.ts";

Deno.test("the first failure of a session is remembered by its words, not by what it holds", () => {
  const outcomes = new SessionOutcomes();
  const reason = new ParasyncError("stream", "Cannot go on: the client went away");
  outcomes.failed("a", reason);
  outcomes.failed("a", new ParasyncError("changed", "Cannot go on: a newer sync took its place"));
  const told = outcomes.failure("a")!;
  assertEquals([told.code, told.message], [reason.code, reason.message]);
  assert(told !== reason);
  assertEquals(outcomes.failure("b"), undefined);
});

Deno.test("only the latest are remembered", () => {
  const outcomes = new SessionOutcomes();
  const reason = new ParasyncError("timeout", "Cannot go on: too late");
  for (let i = 0; i < 300; i++) {
    outcomes.failed(`failed ${i}`, reason);
    outcomes.committed(`committed ${i}`);
  }
  const [first, last] = [0, 299].map((i) => outcomes.failure(`failed ${i}`) !== undefined);
  assertEquals([first, last], [false, true]);
  assertEquals([0, 299].map((i) => outcomes.isCommitted(`committed ${i}`)), [false, true]);
});
