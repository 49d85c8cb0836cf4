// @ts-types="../types/std_assert.d.ts"
import { assertEquals } from "@std/assert";
import { withBearer } from "./page_access.ts";

function authorizationOf(authorization: string): string | null {
  const headers = { authorization, "sec-fetch-site": "none" };
  const request = withBearer(new Request("http://x/", { headers }));
  assertEquals(request.headers.get("sec-fetch-site"), "none");
  return request.headers.get("authorization");
}

Deno.test("a browser's password is taken for the token, whatever the name", () => {
  assertEquals(authorizationOf(`Basic ${btoa("anyone:s3cret:x")}`), "Bearer s3cret:x");
  assertEquals(authorizationOf(`basic ${btoa(":s3cret")}`), "Bearer s3cret");
  assertEquals(authorizationOf("Bearer s3cret"), "Bearer s3cret");
});

Deno.test("what is no password of a token stays what it is", () => {
  for (const given of [`Basic ${btoa("a:b c")}`, `Basic ${btoa("a:")}`, "Basic *", "Basic"]) {
    assertEquals(authorizationOf(given), given);
  }
  assertEquals(withBearer(new Request("http://x/")).headers.get("authorization"), null);
});
