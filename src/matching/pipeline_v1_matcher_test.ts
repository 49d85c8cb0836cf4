// @ts-types="../types/std_assert.d.ts"
import { assertEquals } from "@std/assert";
import { DescribedList } from "../../tests/fixtures/chunk_lists.ts";
import { PipelineV1Matcher } from "./pipeline_v1_matcher.ts";
import type { MatcherParts } from "./strong_matcher.ts";
import { clientOf, HeldHasher, listsOf, settled, unlikeChunks } from "./test_client.ts";

const create = (parts: MatcherParts): PipelineV1Matcher => new PipelineV1Matcher(parts);

Deno.test("a batch is divided by key: ⌊n/T⌋ keys a slice, the last one takes the rest", async () => {
  // Key 0 has a hundred chunks, the other ten have one each.
  const file = [...unlikeChunks(11, 10), ...new Array(99).fill(unlikeChunks(1, 10)[0])];
  const hasher = new HeldHasher();
  const client = clientOf(create, file, { threads: 3, through: hasher.through });
  const [list] = await listsOf(new DescribedList(file), client);
  client.matcher.candidates(list!);
  assertEquals(hasher.calls.map(({ length }) => length), [102, 3, 5]);
  await hasher.answerAll();
  await client.matcher.finish();
});

Deno.test("batches are under way beside each other, four for each thread and no more", async () => {
  const file = unlikeChunks(4096 * 10, 10);
  const hasher = new HeldHasher();
  const client = clientOf(create, file, { threads: 2, through: hasher.through });
  for (const list of await listsOf(new DescribedList(file), client)) {
    client.matcher.candidates(list);
  }
  assertEquals(hasher.calls.length, 8 * 2);
  await hasher.answer();
  assertEquals(hasher.calls.length, 15, "half a batch is not done");
  await hasher.answer();
  assertEquals(hasher.calls.length, 8 * 2);
  const finished = client.matcher.finish();
  await hasher.answerAll();
  await finished;
  assertEquals(client.matches.matched, file.length);
});

Deno.test("nothing is noted before all comparisons are done", async () => {
  const file = unlikeChunks(4096 * 2, 10);
  const hasher = new HeldHasher();
  const client = clientOf(create, file, { through: hasher.through });
  const lists = await listsOf(new DescribedList(file), client);
  client.matcher.candidates(lists[0]!);
  await hasher.answerAll();
  assertEquals(client.matches.matched, 0);
  client.matcher.candidates(lists[1]!);
  const finished = client.matcher.finish();
  await settled();
  assertEquals(client.matches.matched, 0);
  await hasher.answerAll();
  await finished;
  assertEquals(client.matches.matched, file.length);
});
