// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { numbers } from "../../tests/fixtures/seeded.ts";
import { SEGMENT_BYTES } from "../hashing/session_digest.ts";
import { PieceCutter } from "./piece_cutter.ts";

Deno.test("copies are cut at segment edges into bounded jobs, and none is lost", () => {
  const next = numbers(171);
  const cutter = new PieceCutter();
  const pushed: [number, number, number][] = [];
  let target = 0;
  for (let i = 0; i < 3000; i++) {
    const length = 1 + next(i % 20 === 0 ? 5 * SEGMENT_BYTES : 3000);
    const source = next(2 ** 45);
    cutter.push(source, target, length);
    pushed.push([source, target, length]);
    target += length + next(2) * next(2 * SEGMENT_BYTES);
  }
  let [copy, done] = [0, 0];
  while (!cutter.empty) {
    const { sources, targets, lengths, bytes } = cutter.next();
    assert(lengths.length > 0 && lengths.length <= 256);
    assert(bytes < 3 * SEGMENT_BYTES);
    assertEquals(lengths.reduce((sum, length) => sum + length, 0), bytes);
    for (let i = 0; i < lengths.length; i++) {
      const [source, begin, length] = pushed[copy]!;
      assertEquals([sources[i], targets[i]], [source + done, begin + done]);
      const first = Math.floor(targets[i]! / SEGMENT_BYTES);
      assertEquals(Math.floor((targets[i]! + lengths[i]! - 1) / SEGMENT_BYTES), first);
      done += lengths[i]!;
      assert(done <= length);
      if (done === length) [copy, done] = [copy + 1, 0];
    }
  }
  assertEquals([copy, done], [pushed.length, 0]);
});

Deno.test("a copy of whole segments gives whole segments", () => {
  const cutter = new PieceCutter();
  cutter.push(7, SEGMENT_BYTES, 2 * SEGMENT_BYTES + 5);
  const jobs = [];
  while (!cutter.empty) jobs.push(cutter.next());
  assertEquals(jobs.flatMap(({ lengths }) => [...lengths]), [SEGMENT_BYTES, SEGMENT_BYTES, 5]);
});
