// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { numbers, shuffled } from "../../tests/fixtures/seeded.ts";
import { ChunkList } from "../chunking/chunk_list.ts";
import { MatchList, type MatchSink } from "./match_list.ts";

/** Keeps what it is handed. */
class Recorder implements MatchSink {
  readonly copies: [source: number, target: number, length: number][] = [];
  readonly literals: [target: number, length: number][] = [];

  copy(...copy: [number, number, number]): void {
    this.copies.push(copy);
  }

  literal(target: number, length: number): void {
    this.literals.push([target, length]);
  }
}

function listOf(lengths: readonly number[]): ChunkList {
  const chunks = new ChunkList(1);
  chunks.append(Uint32Array.from(lengths), new Uint32Array(lengths.length));
  return chunks;
}

Deno.test("neighbours that follow each other in the basis make one copy", () => {
  const sink = new Recorder();
  const list = new MatchList(listOf([10, 20, 30, 40]), 4, sink);
  list.match(0, 500);
  list.match(1, 510);
  list.match(2, 600);
  list.match(3, 630);
  list.advance();
  list.finish();
  assertEquals(sink.copies, [[500, 0, 30], [600, 30, 70]]);
  assertEquals(list.matched, 4);
});

Deno.test("a literal in between parts copies, even where the basis goes on", () => {
  const sink = new Recorder();
  const list = new MatchList(listOf([10, 10, 10]), 3, sink);
  list.match(0, 0);
  list.literal(1);
  list.match(2, 20);
  list.finish();
  assertEquals(sink.copies, [[0, 0, 10], [20, 20, 10]]);
  assertEquals(sink.literals, [[10, 10]]);
});

Deno.test("literals leave at once, copies up to the first chunk that nothing is known of", () => {
  const sink = new Recorder();
  const list = new MatchList(listOf([10, 10, 10, 10]), 4, sink);
  list.literal(3);
  assertEquals(sink.literals, [[30, 10]]);
  list.match(0, 100);
  list.match(2, 300);
  list.advance();
  assertEquals(sink.copies, [], "what may still grow is kept");
  list.match(1, 200);
  list.advance();
  assertEquals(sink.copies, [[100, 0, 10], [200, 10, 10]]);
  list.finish();
  assertEquals(sink.copies.at(-1), [300, 20, 10]);
});

Deno.test("what is still open at the end is literal", () => {
  const sink = new Recorder();
  const list = new MatchList(listOf([10, 20, 30]), 3, sink);
  list.match(1, 0);
  list.finish();
  assertEquals(sink.literals, [[0, 10], [30, 30]]);
  assertEquals(sink.copies, [[0, 10, 20]]);
});

Deno.test("a long copy is handed on in parts, so that the server can begin", () => {
  const sink = new Recorder();
  const count = 5000;
  const list = new MatchList(listOf(new Array(count).fill(12288)), count, sink);
  for (let chunk = 0; chunk < count; chunk++) list.match(chunk, chunk * 12288);
  list.advance();
  assert(sink.copies.length > 1, "the first part is on its way before the end");
  list.finish();
  let at = 0;
  for (const [source, target, length] of sink.copies) {
    assertEquals([source, target], [at, at]);
    at += length;
  }
  assertEquals(at, count * 12288);
});

Deno.test("the copies are the same in whatever order the answers come, and while the file grows", () => {
  const next = numbers(61);
  for (let round = 0; round < 50; round++) {
    const lengths = Array.from({ length: 1 + next(80) }, () => 1 + next(1 << 20));
    // Places with runs in them: most chunks follow the one before.
    const places: number[] = [];
    let place = 0;
    for (const length of lengths) {
      if (next(4) === 0) place = next(2 ** 40);
      places.push(next(5) === 0 ? -1 : place);
      place += length;
    }
    let expected: Recorder | undefined;
    for (let order = 0; order < 4; order++) {
      const sink = new Recorder();
      const chunks = new ChunkList(1);
      const list = new MatchList(chunks, 1, sink);
      let settled: number[] = [];
      for (let begin = 0; begin < lengths.length;) {
        const end = order === 0 ? lengths.length : Math.min(lengths.length, begin + 1 + next(30));
        chunks.append(Uint32Array.from(lengths.slice(begin, end)), new Uint32Array(end - begin));
        list.extend();
        settled.push(...lengths.slice(begin, end).map((_, i) => begin + i));
        settled = order === 0 ? settled : shuffled(next, settled);
        const now = end === lengths.length ? settled.length : next(settled.length + 1);
        for (const chunk of settled.splice(0, now)) {
          assert(list.isOpen(chunk));
          if (places[chunk] === -1) list.literal(chunk);
          else list.match(chunk, places[chunk]!);
          assert(!list.isOpen(chunk));
          if (next(3) === 0) list.advance();
        }
        begin = end;
      }
      list.finish();
      sink.literals.sort(([a], [b]) => a - b);
      expected ??= sink;
      assertEquals([sink.copies, sink.literals], [expected.copies, expected.literals]);
    }
  }
});

Deno.test("an empty file needs nothing", () => {
  const sink = new Recorder();
  const list = new MatchList(new ChunkList(0), 0, sink);
  list.extend();
  list.finish();
  assertEquals([sink.copies, sink.literals], [[], []]);
});
