// @ts-types="../types/std_assert.d.ts"
import { assertEquals, assertThrows } from "@std/assert";
import { ParasyncError } from "../errors.ts";
import { TestFolder } from "../files/test_folder.ts";
import { FULL_GRANT } from "../transport/grant.ts";
import { readToken, readTokens } from "./token.ts";

/** An environment with this token; undefined: with none. */
function withToken(token: string | undefined): (name: string) => string | undefined {
  return (name) => name === "PARASYNC_TOKEN" ? token : undefined;
}

Deno.test("a server has the token of the environment, and none where there is none", () => {
  const grant = { ...FULL_GRANT, name: "PARASYNC_TOKEN" };
  assertEquals(readTokens(undefined, withToken("s3cret")), [{ token: "s3cret", grant }]);
  assertEquals(readTokens(undefined, withToken(undefined)), []);
});

Deno.test("an empty token in the environment opens no server: what should have made it has failed", () => {
  const error = assertThrows(() => readTokens(undefined, withToken("")), ParasyncError);
  assertEquals([error.code, /it is empty; unset it/.test(error.message)], ["usage", true]);
  for (const token of [" ", "two words", "\n"]) {
    assertThrows(() => readTokens(undefined, withToken(token)), ParasyncError, "without spaces");
  }
});

Deno.test("an empty token in the environment is none at a client", () => {
  assertEquals(readToken(undefined, withToken("")), undefined);
  assertEquals(readToken(undefined, withToken("s3cret")), "s3cret");
});

Deno.test("a file in which there is no token is refused at both ends, whatever the environment has", () => {
  using folder = new TestFolder();
  for (const text of ["", "\n", "\n \r\n", "# one a line\n"]) {
    const file = folder.write("tokens", text);
    Deno.chmodSync(file, 0o600);
    for (const token of [undefined, "", "s3cret"]) {
      for (const read of [readTokens, readToken]) {
        const error = assertThrows(() => read(file, withToken(token)), ParasyncError);
        assertEquals([error.code, /it is empty$/.test(error.message)], ["usage", true], text);
      }
    }
  }
});

Deno.test("a client sends the first token of a file, without what it is for", () => {
  using folder = new TestFolder();
  const file = folder.write("tokens", "# ours\n\nfirst read-only name=ci\nsecond\n");
  Deno.chmodSync(file, 0o600);
  assertEquals(readToken(file, withToken("")), "first");
  assertEquals(readTokens(file, withToken("")).map(({ token }) => token), ["first", "second"]);
});
