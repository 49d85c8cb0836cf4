// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertMatch } from "@std/assert";
import { newRequestId, requestIdFrom } from "./request_id.ts";

Deno.test("a proxy's name for a request is kept where it is one", () => {
  for (
    const id of [
      "0af7651916cd43dd8448eb211c80319c",
      "2f1c8a4e-8f0d-4b7e-9d63-6f0a4ad0f2a1",
      "Root=1".replace("=", ":") + "-67891233",
      "a".repeat(128),
    ]
  ) {
    assertEquals(requestIdFrom(id), id);
  }
});

Deno.test("whatever could forge a line, or is none, is replaced", () => {
  const hostile = [
    "",
    "short",
    "a".repeat(129),
    "x y z a b c",
    "abcdefgh\n",
    'abcdefgh"',
    "-abcdefgh",
  ];
  for (
    const id of [...hostile, "abcdefgh\u202e", "a\x1b[31mbcdef", "größer-als", null, undefined]
  ) {
    assertMatch(requestIdFrom(id), /^[0-9a-f]{16}$/);
  }
});

Deno.test("names of requests do not repeat", () => {
  const ids = new Set(Array.from({ length: 1000 }, newRequestId));
  assert(ids.size === 1000);
});
