// @ts-types="../../src/types/std_assert.d.ts"
import { assert } from "@std/assert";
import { assertSummary } from "../outcome.ts";
import { run } from "../program.ts";
import { Relay } from "../relay.ts";
import { equalBytes, someBytes, Workspace } from "../workspace.ts";

const RATE = 1 << 20;
const SIZE = 5 << 20;
const NEW = someBytes(SIZE, 2);

/** What may be ahead of the rate: a piece of 50 ms on its way, and heads of requests, which are not limited. */
const BURST = 128 << 10;

Deno.test("a push over a line that could take more is at no moment ahead of its --bwlimit", async () => {
  await using space = new Workspace();
  space.old("f", someBytes(SIZE, 1));
  const server = await space.serve();
  const startedAt = performance.now();
  let passed = 0;
  let ahead = 0;
  // A relay that is late counts too few bytes, and never too many.
  const onUp = (bytes: number): void => {
    passed += bytes;
    const allowed = RATE * (performance.now() - startedAt) / 1000 + BURST;
    ahead = Math.max(ahead, passed - allowed);
  };
  const relay = space.with(new Relay(server.port, { onUp }));
  assertSummary(
    await run(["push", space.new(NEW), `${relay.url}/f`, `--bwlimit=${RATE}`, "--json"]),
  );
  assert(equalBytes(space.read("f"), NEW), "the target is another file");
  assert(passed >= SIZE, `${passed} bytes were counted`);
  assert(ahead <= 0, `${ahead} bytes too many were sent at some moment`);
});
