// @ts-types="../../types/std_assert.d.ts"
import { assertEquals, assertThrows } from "@std/assert";
import { createOutput, type OutputStream } from "./output.ts";

function stream(
  take: (bytes: Uint8Array) => number,
  isTerminal = false,
): OutputStream {
  return { writeSync: take, isTerminal: () => isTerminal };
}

const noEnv = () => undefined;

Deno.test("short writes are continued until all is written", () => {
  const taken: number[] = [];
  const output = createOutput(
    stream((bytes) => {
      const some = bytes.subarray(0, 3);
      taken.push(...some);
      return some.length;
    }),
    noEnv,
  );
  output.write("größe 🦕\n");
  assertEquals(new TextDecoder().decode(new Uint8Array(taken)), "größe 🦕\n");
});

Deno.test("a stream that is not ready is tried again", () => {
  let tries = 0;
  const output = createOutput(
    stream((bytes) => {
      if (++tries < 3) throw new Deno.errors.WouldBlock();
      return bytes.length;
    }),
    noEnv,
  );
  output.write("x");
  assertEquals(tries, 3);
});

Deno.test("a reader that is gone is no failure, any other error is", () => {
  createOutput(
    stream(() => {
      throw new Deno.errors.BrokenPipe();
    }),
    noEnv,
  ).write("x");
  const full = createOutput(
    stream(() => {
      throw new Error("No space left on device");
    }),
    noEnv,
  );
  assertThrows(() => full.write("x"), Error, "No space left");
});

Deno.test("colours need a terminal that can, and no NO_COLOR", () => {
  const cases: [terminal: boolean, env: Record<string, string>, colour: boolean][] = [
    [true, {}, true],
    [true, { TERM: "xterm-256color", NO_COLOR: "" }, true],
    [true, { NO_COLOR: "1" }, false],
    [true, { TERM: "dumb" }, false],
    [false, {}, false],
  ];
  for (const [terminal, env, colour] of cases) {
    const output = createOutput(stream((bytes) => bytes.length, terminal), (name) => env[name]);
    assertEquals(output.colour, colour, JSON.stringify([terminal, env]));
  }
});

Deno.test("a size is always there", () => {
  const { columns, rows } = createOutput(stream((bytes) => bytes.length), noEnv).size();
  assertEquals([columns, rows], [80, 24]);
});

Deno.test("an overlay is taken away before text and drawn again after it, in one write", () => {
  const writes: string[] = [];
  const output = createOutput(
    stream((bytes) => {
      writes.push(new TextDecoder().decode(bytes));
      return bytes.length;
    }, true),
    noEnv,
  );
  output.overlay = { hide: () => "<", show: () => ">" };
  output.write("x\n");
  output.overlay = undefined;
  output.write("y\n");
  assertEquals(writes, ["<x\n>", "y\n"]);
});
