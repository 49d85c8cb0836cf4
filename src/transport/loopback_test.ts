// @ts-types="../types/std_assert.d.ts"
import { assert } from "@std/assert";
import { isLoopback } from "./loopback.ts";

Deno.test("addresses of this machine alone are told from others", () => {
  for (const host of ["localhost", "127.0.0.1", "127.255.0.3", "::1"]) {
    assert(isLoopback(host), host);
  }
  for (
    const host of ["0.0.0.0", "::", "192.168.0.1", "127.evil", "localhost.example", "1127.0.0.1"]
  ) {
    assert(!isLoopback(host), host);
  }
});
