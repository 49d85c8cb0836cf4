// @ts-types="../types/std_assert.d.ts"
import { assertEquals, assertNotEquals } from "@std/assert";
import { groupOf } from "./ip_address.ts";

Deno.test("addresses of one network of 64 bits of IPv6 are one client's, however they are written", () => {
  const first = groupOf("2001:db8:0:7::1");
  for (
    const same of [
      "2001:db8:0:7::2",
      "2001:0DB8:0000:0007:ffff:ffff:ffff:ffff",
      "[2001:db8:0:7::1]",
      "2001:db8:0:7::1%eth0",
      "2001:db8::7:0:0:0:1",
    ]
  ) {
    assertEquals(groupOf(same), first, same);
  }
  for (const other of ["2001:db8:0:8::1", "2001:db8::1", "::1", "192.0.2.1"]) {
    assertNotEquals(groupOf(other), first, other);
  }
});

Deno.test("each address of IPv4 is a client of its own, also where it is written as IPv6", () => {
  assertNotEquals(groupOf("192.0.2.1"), groupOf("192.0.2.2"));
  assertNotEquals(groupOf("::ffff:192.0.2.1"), groupOf("::ffff:192.0.2.2"));
  assertEquals(groupOf("::ffff:192.0.2.1"), groupOf("192.0.2.1"));
});

Deno.test("what is no address stands for itself", () => {
  assertNotEquals(groupOf("proxy"), groupOf("another"));
  assertEquals(groupOf("proxy"), groupOf("proxy"));
});
