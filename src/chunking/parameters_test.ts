// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertThrows } from "@std/assert";
import { numbers, randomBytes } from "../../tests/fixtures/seeded.ts";
import { ParasyncError } from "../errors.ts";
import {
  BLOCK_BYTES,
  chunkParametersFor,
  expectedChunks,
  formatChunkParameters,
  parseChunkParameters,
} from "./parameters.ts";
import { cutsOf } from "./rule_k.ts";

const GIB = 2 ** 30;

Deno.test("files up to 4 GiB are cut at 4, 8 and 12 KiB", () => {
  for (const size of [0, 1, GIB, 4 * GIB]) {
    assertEquals(chunkParametersFor(size), { min: 4096, avg: 8192, max: 12288 });
  }
});

Deno.test("above 4 GiB sizes double so that the chunks stay below about half a million", () => {
  assertEquals(chunkParametersFor(4 * GIB + 1), { min: 8192, avg: 16384, max: 24576 });
  for (let size = GIB; size <= 256 * GIB; size *= 1.7) {
    const chunks = expectedChunks(Math.ceil(size), chunkParametersFor(Math.ceil(size)));
    assert(chunks < 650_000, `${size} bytes: ${chunks} chunks`);
  }
});

Deno.test("what is chosen for any size is within the limits that a peer checks", () => {
  for (const size of [0, 5 * GIB, 300 * GIB, 10_000 * GIB, Number.MAX_SAFE_INTEGER]) {
    const parameters = chunkParametersFor(size);
    assertEquals(parseChunkParameters(formatChunkParameters(parameters)), parameters);
    assert(parameters.max <= BLOCK_BYTES);
  }
});

Deno.test("the limits themselves are accepted", () => {
  for (const text of ["64:64:65", "64:524288:1048576", "1048575:64:1048576", "4096:8192:12288"]) {
    assertEquals(formatChunkParameters(parseChunkParameters(text)), text);
  }
});

Deno.test("sizes out of the limits or malformed are refused by name", () => {
  const refused = [
    "63:64:128", // below the fingerprint's window
    "64:64:64", // no room between min and max
    "128:64:64",
    "64:64:1048577", // longer than a block
    "64:32:128",
    "64:1048576:1048576",
    "64:100:128", // no power of two
    "0:0:0",
    "",
    "4096",
    "4096:8192",
    "4096:8192:12288:1",
    " 4096:8192:12288",
    "4096:8192:12288\n",
    "-64:64:128",
    "64.0:64:128",
    "1e3:2048:4096",
    "0x40:64:128",
    "999999999:8192:12288",
  ];
  for (const text of refused) {
    const error = assertThrows(() => parseChunkParameters(text), ParasyncError);
    assertEquals(error.code, "bad_request", text);
    assert(error.message.includes(JSON.stringify(text)), error.message);
  }
  const long = assertThrows(() => parseChunkParameters("9".repeat(10_000)), ParasyncError);
  assert(long.message.length < 300, "what a peer sends is not repeated at any length");
});

Deno.test("about as many chunks are expected as random data has", () => {
  const bytes = randomBytes(numbers(1), 300_000);
  for (const parameters of [{ min: 256, avg: 512, max: 1024 }, { min: 64, avg: 64, max: 128 }]) {
    const expected = expectedChunks(bytes.length, parameters);
    const found = cutsOf(bytes, parameters).length;
    assert(expected >= found && expected < 1.3 * found, `${expected} expected, ${found} found`);
  }
});
