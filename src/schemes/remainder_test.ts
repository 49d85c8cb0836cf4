// @ts-types="../types/std_assert.d.ts"
import { assertEquals, assertThrows } from "@std/assert";
import { ParasyncError } from "../errors.ts";
import { SEGMENT_BYTES } from "../hashing/session_digest.ts";
import { Remainder } from "./remainder.ts";

const S = SEGMENT_BYTES;

/** A remainder of a file of four segments, the last of which is short, and what it passes on. */
class Passed {
  readonly log: (readonly (string | number)[])[] = [];
  readonly remainder = new Remainder(3 * S + 10, {
    copy: (...range) => void this.log.push(["copy", ...range]),
    literal: (target, length, zeros) =>
      void this.log.push([zeros ? "zeros" : "literal", target, length]),
  });
}

Deno.test("where nothing is there, everything goes through in the order it comes", () => {
  const { remainder, log } = new Passed();
  remainder.literal(5, 10, true);
  assertEquals(log, []);
  remainder.decide(false);
  remainder.copy(7, 100, S);
  remainder.literal(0, 5);
  assertEquals(log, [["zeros", 5, 10], ["copy", 7, 100, S], ["literal", 0, 5]]);
  remainder.finish();
  assertEquals(remainder.heldBytes, 0);
});

Deno.test("ranges wait until it is known what is there, and lose what is", () => {
  const { remainder, log } = new Passed();
  remainder.decide(true);
  remainder.copy(1000, 10, 3 * S);
  remainder.literal(3 * S + 10 - 4, 4);
  assertEquals(log, []);
  remainder.settle(0, 2, new Uint8Array([0b10]));
  assertEquals(log, [["copy", 1000, 10, S - 10]]);
  assertThrows(() => remainder.finish(), ParasyncError);
  remainder.settle(2, 2, new Uint8Array([0b10]));
  assertEquals(log.slice(1), [["copy", 1000 + 2 * S - 10, 2 * S, S]]);
  remainder.finish();
  assertEquals(remainder.heldBytes, S + 10);
});

Deno.test("what comes after an answer goes through at once, without what is held", () => {
  const { remainder, log } = new Passed();
  remainder.decide(true);
  remainder.settle(0, 4, new Uint8Array([0b0101]));
  remainder.literal(S - 3, 6);
  remainder.literal(2 * S - 1, S + 2, true);
  assertEquals(log, [["literal", S, 3], ["zeros", 2 * S - 1, 1], ["zeros", 3 * S, 1]]);
  remainder.finish();
});

Deno.test("an empty bitmap holds nothing", () => {
  const { remainder, log } = new Passed();
  remainder.decide(true);
  remainder.literal(0, 3 * S);
  remainder.settle(0, 4, new Uint8Array(0));
  assertEquals([log, remainder.heldBytes], [[["literal", 0, 3 * S]], 0]);
});
