// @ts-types="../types/std_assert.d.ts"
import { assertEquals, assertRejects } from "@std/assert";
import { type Described, DescribedList } from "../../tests/fixtures/chunk_lists.ts";
import { numbers } from "../../tests/fixtures/seeded.ts";
import { ParasyncError } from "../errors.ts";
import type { CandidateList } from "./candidates.ts";
import { KeyTable } from "./key_table.ts";
import { MatchList } from "./match_list.ts";
import { StreamingMatcher } from "./streaming_matcher.ts";
import type { MatcherParts } from "./strong_matcher.ts";
import { answersOf, Client, fed, rebuilt, someChunks } from "./test_client.ts";

const streaming = (parts: MatcherParts): StreamingMatcher => new StreamingMatcher(parts);

Deno.test("the delta is right and the same in whatever order chunks and answers come", async () => {
  const next = numbers(81);
  for (let round = 0; round < 40; round++) {
    const basis = new DescribedList(someChunks(next, next(120)));
    const file = [
      ...someChunks(next, next(60)),
      ...basis.contents.slice(next(40)).map((content) => ({
        content,
        weak: Number(content) % 7,
        length: 100 + Number(content) % 3,
      })),
    ];
    const asked = new Client(streaming);
    asked.grow(file);
    const answers = await answersOf(basis, asked.keys);
    const expected = await fed(new Client(streaming), next, file, answers, true);
    assertEquals(rebuilt(expected, basis), expected.file.contents);
    for (let order = 0; order < 6; order++) {
      const client = await fed(new Client(streaming), next, file, answers, false);
      assertEquals(client.copies, expected.copies);
      assertEquals(
        client.literals.toSorted((a, b) => a - b),
        expected.literals.toSorted((a, b) => a - b),
      );
      assertEquals(client.matches.matched, expected.matches.matched);
    }
  }
});

Deno.test("each chunk is hashed once at most, and none that the basis lacks", async () => {
  const next = numbers(82);
  const basis = new DescribedList(
    Array.from({ length: 3000 }, () => ({ content: "zeros", weak: 0, length: 12288 })),
  );
  const file = [
    ...basis.contents.map((content) => ({ content, weak: 0, length: 12288 })),
    ...Array.from({ length: 500 }, (_, i) => ({ content: `new ${i}`, weak: 9 + i, length: 500 })),
  ];
  const asked = new Client(streaming);
  asked.grow(file);
  const client = await fed(
    new Client(streaming),
    next,
    file,
    await answersOf(basis, asked.keys),
    false,
  );
  assertEquals([client.matches.matched, client.literals.length], [3000, 500]);
  assertEquals(client.file.hashedBytes, 3000 * 12288);
});

Deno.test("equal weak checksums with other content are told apart, also a weak checksum of 0", async () => {
  const described = (content: string): Described => ({ content, weak: 0, length: 64 });
  const basis = new DescribedList(["a", "b", "c"].map(described));
  const file = ["c", "x", "a", "b", "y"].map(described);
  const asked = new Client(streaming);
  asked.grow(file);
  const client = await fed(
    new Client(streaming),
    numbers(1),
    file,
    await answersOf(basis, asked.keys),
    true,
  );
  assertEquals(client.literals, [64, 256]);
  assertEquals(client.copies, ["128 0 64", "0 128 128"]);
});

Deno.test("a chunk that is settled before it is entered is asked for by nobody and sent once", async () => {
  const client = new Client(streaming);
  const zeros = { content: "zeros", weak: 7, length: 64 };
  client.file.append([zeros, { content: "a", weak: 1, length: 10 }, zeros]);
  client.matches.extend();
  for (const chunk of [0, 2]) client.matches.literal(chunk);
  client.matcher.extend();
  assertEquals(client.keys.count, 1);
  client.matcher.presence(0, 1, Uint8Array.of(0));
  client.matcher.scanned();
  await client.matcher.finish();
  assertEquals(client.literals, [0, 74, 64]);
});

Deno.test("a chunk that comes after its key was found absent is a literal at once", () => {
  const client = new Client(streaming);
  client.grow([{ content: "a", weak: 1, length: 10 }]);
  client.matcher.presence(0, 1, Uint8Array.of(0));
  assertEquals(client.literals, [0]);
  client.grow([{ content: "a", weak: 1, length: 10 }, { content: "b", weak: 2, length: 10 }]);
  assertEquals(client.literals, [0, 10]);
});

Deno.test("candidates for a key that was told absent or answered before change nothing", async () => {
  const client = new Client(streaming);
  const file = ["a", "b"].map((content, i) => ({ content, weak: i, length: 10 }));
  const basis = new DescribedList(file);
  client.grow(file);
  client.matcher.scanned();
  client.matcher.presence(0, 2, Uint8Array.of(0b10));
  const strong = new Uint32Array(
    (await basis.hash(Float64Array.of(0, 10), Uint32Array.of(10, 10))).buffer,
  );
  const list: CandidateList = {
    keys: Float64Array.of(0, 1),
    places: Float64Array.of(0, 10),
    strong,
  };
  client.matcher.candidates(list);
  client.matcher.candidates(list);
  await client.matcher.finish();
  assertEquals([client.literals, client.copies], [[0], ["10 10 10"]]);
  assertEquals(client.matches.matched, 1);
});

Deno.test("a key said to be there of which no candidate comes costs a literal and no more", async () => {
  const client = new Client(streaming);
  client.grow([{ content: "a", weak: 1, length: 10 }, { content: "b", weak: 2, length: 10 }]);
  client.matcher.scanned();
  client.matcher.presence(0, 2, Uint8Array.of(0b11));
  await client.matcher.finish();
  assertEquals([client.literals, client.copies], [[0, 10], []]);
});

Deno.test("places without strong checksums are taken as they are, for later chunks as well", async () => {
  const next = numbers(83);
  const described = (content: number): Described => ({
    content: `${content}`,
    weak: content,
    length: 64 + content,
  });
  const basis = new DescribedList(Array.from({ length: 50 }, (_, i) => described(i)));
  const file = Array.from({ length: 300 }, () => described(next(80)));
  const asked = new Client(streaming);
  asked.grow(file);
  const answers = await answersOf(basis, asked.keys, "target");
  for (let order = 0; order < 10; order++) {
    const client = await fed(new Client(streaming), next, file, answers, order === 0);
    assertEquals(rebuilt(client, basis), client.file.contents);
    assertEquals(client.file.hashedBytes, 0);
  }
});

Deno.test("of two places for one key the first holds, for chunks that came before and after it", async () => {
  const client = new Client(streaming);
  const same: Described = { content: "a", weak: 1, length: 10 };
  client.grow([same]);
  for (const place of [50, 90]) {
    client.matcher.candidates({
      keys: Float64Array.of(0),
      places: Float64Array.of(place),
      strong: new Uint32Array(0),
    });
  }
  client.grow([same]);
  client.matcher.scanned();
  await client.matcher.finish();
  assertEquals(client.copies, ["50 0 10", "50 10 10"]);
});

Deno.test("what hashing fails with is reported at the end and not before", async () => {
  const chunks = new DescribedList([{ content: "a", weak: 1, length: 10 }]);
  const keys = new KeyTable(chunks.chunks, 1);
  const sink = { copy: (): void => {}, literal: (): void => {} };
  const matcher = new StreamingMatcher({
    chunks: chunks.chunks,
    keys,
    matches: new MatchList(chunks.chunks, 1, sink),
    hash: () => Promise.reject(new ParasyncError("changed", "Cannot read the file")),
    threads: 1,
  });
  matcher.extend();
  matcher.scanned();
  matcher.candidates({
    keys: Float64Array.of(0),
    places: Float64Array.of(0),
    strong: new Uint32Array(8),
  });
  await new Promise((resolve) => setTimeout(resolve, 1));
  await assertRejects(() => matcher.finish(), ParasyncError, "Cannot read the file");
});
