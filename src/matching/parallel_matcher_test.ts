// @ts-types="../types/std_assert.d.ts"
import { assertEquals } from "@std/assert";
import { DescribedList } from "../../tests/fixtures/chunk_lists.ts";
import { ParallelMatcher } from "./parallel_matcher.ts";
import type { MatcherParts } from "./strong_matcher.ts";
import { clientOf, HeldHasher, listsOf, settled, unlikeChunks } from "./test_client.ts";

const create = (parts: MatcherParts): ParallelMatcher => new ParallelMatcher(parts);

Deno.test("nothing begins before all lists are there; then the keys are divided in equal ranges", async () => {
  const file = unlikeChunks(9001, 10);
  const hasher = new HeldHasher();
  const client = clientOf(create, file, { threads: 4, through: hasher.through });
  for (const list of await listsOf(new DescribedList(file), client)) {
    client.matcher.candidates(list);
  }
  await settled();
  assertEquals(hasher.calls, []);
  const finished = client.matcher.finish();
  await settled();
  assertEquals(hasher.calls.map(({ length }) => length), [2250, 2250, 2250, 2251]);
  for (let done = 0; done < 3; done++) await hasher.answer();
  assertEquals(client.matches.matched, 0, "the barrier is not reached");
  await hasher.answer();
  await finished;
  assertEquals(client.copies, ["0 0 90010"]);
});
