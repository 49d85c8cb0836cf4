// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { ChunkingNeed } from "./chunking_need.ts";

/** Whether chunking may go on by now. */
async function goesOn(rest: Promise<void> | undefined): Promise<boolean> {
  let over = rest === undefined;
  rest?.then(() => over = true);
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  return over;
}

Deno.test("chunking rests while all is the same, and goes on for good at the first difference", async () => {
  const need = new ChunkingNeed();
  assertEquals(need.rest, undefined);
  need.compared(true);
  const { rest } = need;
  need.compared(true);
  assert(rest === need.rest && !await goesOn(rest));
  need.compared(false);
  assert(await goesOn(rest));
  need.compared(true);
  assertEquals([need.rest, need.spared.aborted], [undefined, false]);
});

Deno.test("a key ends the rest, and the end of none ends chunking", async () => {
  const [need, spared] = [new ChunkingNeed(), new ChunkingNeed()];
  for (const each of [need, spared]) each.compared(true);
  const rests = [need.rest, spared.rest];
  need.need();
  spared.end();
  for (const rest of rests) assert(await goesOn(rest));
  spared.compared(true);
  assertEquals([need.spared.aborted, spared.spared.aborted, spared.rest], [false, true, undefined]);
});

Deno.test("where nobody asked, or not in time, all of the basis is chunked", () => {
  const need = new ChunkingNeed();
  need.end();
  need.compared(true);
  assertEquals([need.rest, need.spared.aborted], [undefined, false]);
});
