// @ts-types="../types/std_assert.d.ts"
import { assertEquals } from "@std/assert";
import { StageClock } from "./stages.ts";
import { type SyncEnd, type SyncFacts, SyncLedger } from "./sync_ledger.ts";

const COMMITTED: SyncEnd = {
  outcome: "committed",
  code: "",
  reason: "",
  copiedBytes: 1,
  literalBytes: 2,
};
const FAILED: SyncEnd = { ...COMMITTED, outcome: "failed", code: "stream", reason: "gone" };

function facts(name: string): SyncFacts {
  return {
    name,
    scheme: "parasync",
    client: "::1",
    user: "",
    oldBytes: 5,
    clock: new StageClock(),
    progress: () => ({ done: 3, total: 10 }),
  };
}

Deno.test("a sync is live until it has ended, once, and its figures stay then", () => {
  const ledger = new SyncLedger();
  const entry = ledger.begin(facts("a"));
  entry.receivedBytes += 4;
  assertEquals(ledger.live().map(({ name, doneBytes, end }) => [name, doneBytes, end]), [
    ["a", 3, null],
  ]);
  const report = ledger.end(entry, COMMITTED);
  assertEquals([report?.doneBytes, report?.receivedBytes], [10, 4]);
  entry.receivedBytes += 100;
  assertEquals(ledger.end(entry, FAILED), null);
  assertEquals([ledger.live(), ledger.recent()], [[], [report!]]);
  assertEquals(ledger.totals, { committed: 1, failed: 0, targetBytes: 10, wireBytes: 4 });
});

Deno.test("of syncs that are over the last are remembered, and all are counted", () => {
  const ledger = new SyncLedger();
  for (let place = 0; place < 120; place++) ledger.end(ledger.begin(facts(`${place}`)), FAILED);
  const names = ledger.recent().map(({ name }) => name);
  assertEquals([names.length, names[0], ledger.totals.failed], [50, "119", 120]);
});

Deno.test("a name cannot forge anything, nor take more room than its share", () => {
  const ledger = new SyncLedger();
  const entry = ledger.begin(facts(`a\n\x1b[2J\u202e${"x".repeat(10_000)}`));
  const [{ name } = { name: "" }] = ledger.live();
  assertEquals(name.slice(0, 20), "a\\n\\x1b[2J\\u202exxxx".slice(0, 20));
  assertEquals(name.length < 400, true);
  const failed = ledger.end(entry, { ...FAILED, reason: "b\r\n" });
  assertEquals(failed?.end?.reason, "b\\r\\n");
});
