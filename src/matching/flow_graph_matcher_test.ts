// @ts-types="../types/std_assert.d.ts"
import { assertEquals } from "@std/assert";
import { DescribedList } from "../../tests/fixtures/chunk_lists.ts";
import { FlowGraphMatcher } from "./flow_graph_matcher.ts";
import type { MatcherParts } from "./strong_matcher.ts";
import { clientOf, HeldHasher, listsOf, settled, unlikeChunks } from "./test_client.ts";

const create = (parts: MatcherParts): FlowGraphMatcher => new FlowGraphMatcher(parts);

Deno.test("a batch is divided by chunk: ⌊n/T⌋ chunks a slice, the last one takes the rest", async () => {
  const file = [...unlikeChunks(11, 10), ...new Array(99).fill(unlikeChunks(1, 10)[0])];
  const hasher = new HeldHasher();
  const client = clientOf(create, file, { threads: 3, through: hasher.through });
  const [list] = await listsOf(new DescribedList(file), client);
  client.matcher.candidates(list!);
  await settled();
  assertEquals(hasher.calls.map(({ length }) => length), [36, 36, 38]);
  await hasher.answerAll();
  await client.matcher.finish();
});

Deno.test("as many batches are compared at once as there are threads", async () => {
  const file = unlikeChunks(4096 * 7, 10);
  const hasher = new HeldHasher();
  const client = clientOf(create, file, { threads: 2, through: hasher.through });
  for (const list of await listsOf(new DescribedList(file), client)) {
    client.matcher.candidates(list);
  }
  const batches = (): Set<number> =>
    new Set(hasher.calls.map(([first]) => Math.floor(first! / 40960)));
  await settled();
  assertEquals(batches(), new Set([0, 1]));
  await hasher.answer();
  assertEquals(batches(), new Set([0, 1]), "half of batch 0 is at work");
  await hasher.answer();
  assertEquals(batches(), new Set([1, 2]));
  await hasher.answerAll();
  await client.matcher.finish();
  assertEquals(client.matches.matched, file.length);
});

Deno.test("a batch is noted as a whole, when the last of its slices is done", async () => {
  const file = unlikeChunks(100, 10);
  const hasher = new HeldHasher();
  const client = clientOf(create, file, { threads: 2, through: hasher.through });
  const [list] = await listsOf(new DescribedList(file), client);
  client.matcher.candidates(list!);
  await settled();
  await hasher.answer();
  assertEquals(client.matches.matched, 0);
  await hasher.answer();
  assertEquals(client.matches.matched, 100);
  await client.matcher.finish();
});
