// @ts-types="../types/std_assert.d.ts"
import { assertEquals } from "@std/assert";
import { DescribedList } from "../../tests/fixtures/chunk_lists.ts";
import { SerialMatcher } from "./serial_matcher.ts";
import type { MatcherParts } from "./strong_matcher.ts";
import { clientOf, HeldHasher, listsOf, settled, unlikeChunks } from "./test_client.ts";

const create = (parts: MatcherParts): SerialMatcher => new SerialMatcher(parts);

Deno.test("one job is under way at a time, in the order of the file, whatever the threads", async () => {
  const file = unlikeChunks(9000, 3000);
  const hasher = new HeldHasher();
  const client = clientOf(create, file, { threads: 8, through: hasher.through });
  for (const list of await listsOf(new DescribedList(file), client)) {
    client.matcher.candidates(list);
  }
  const asked: number[] = [];
  for (await settled(); hasher.calls.length > 0; await hasher.answer()) {
    assertEquals(hasher.calls.length, 1);
    asked.push(...hasher.calls[0]!);
  }
  assertEquals(asked, Array.from(file, (_, i) => i * 3000));
  await client.matcher.finish();
  assertEquals(client.matches.matched, file.length);
});

Deno.test("lists that come before the file is chunked are kept until it is", async () => {
  const file = unlikeChunks(10, 3000);
  const whole = clientOf(create, file);
  const [list] = await listsOf(new DescribedList(file), whole);
  const hasher = new HeldHasher();
  const client = clientOf(create, file, { through: hasher.through, scanned: false });
  client.matcher.candidates(list!);
  await settled();
  assertEquals(hasher.calls, []);
  // A chunk that comes later and has a key that was answered before.
  client.grow(file.slice(0, 1));
  client.matcher.scanned();
  await hasher.answerAll();
  await client.matcher.finish();
  assertEquals([client.matches.matched, client.literals], [11, []]);
});
