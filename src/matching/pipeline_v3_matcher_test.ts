// @ts-types="../types/std_assert.d.ts"
import { assertEquals } from "@std/assert";
import { DescribedList } from "../../tests/fixtures/chunk_lists.ts";
import { PipelineV3Matcher } from "./pipeline_v3_matcher.ts";
import type { MatcherParts } from "./strong_matcher.ts";
import { clientOf, HeldHasher, listsOf, settled, unlikeChunks } from "./test_client.ts";

const create = (parts: MatcherParts): PipelineV3Matcher => new PipelineV3Matcher(parts);

Deno.test("a batch is divided by chunk: ⌈n/T⌉ chunks a slice, however they are spread over keys", async () => {
  const file = [...unlikeChunks(11, 10), ...new Array(99).fill(unlikeChunks(1, 10)[0])];
  const hasher = new HeldHasher();
  const client = clientOf(create, file, { threads: 3, through: hasher.through });
  const [list] = await listsOf(new DescribedList(file), client);
  client.matcher.candidates(list!);
  await settled();
  assertEquals(hasher.calls.map(({ length }) => length), [37, 37, 36]);
  await hasher.answerAll();
  await client.matcher.finish();
});

Deno.test("what a slice has found is noted at once, while others are at work", async () => {
  const file = unlikeChunks(100, 10);
  const hasher = new HeldHasher();
  const client = clientOf(create, file, { threads: 4, through: hasher.through });
  const [list] = await listsOf(new DescribedList(file), client);
  client.matcher.candidates(list!);
  await settled();
  await hasher.answer();
  assertEquals(client.matches.matched, 25);
  await hasher.answerAll();
  await client.matcher.finish();
  assertEquals(client.copies, ["0 0 1000"]);
});

Deno.test("lists are batched as they arrive, and compared beside those before", async () => {
  const file = unlikeChunks(4096 * 2, 10);
  const hasher = new HeldHasher();
  const client = clientOf(create, file, { through: hasher.through });
  const lists = await listsOf(new DescribedList(file), client);
  client.matcher.candidates(lists[0]!);
  await settled();
  client.matcher.candidates(lists[1]!);
  await settled();
  assertEquals(hasher.calls.map(([first]) => first), [0, 40960]);
  await hasher.answerAll();
  await client.matcher.finish();
});
