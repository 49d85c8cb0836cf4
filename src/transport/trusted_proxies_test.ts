// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertThrows } from "@std/assert";
import { ParasyncError } from "../errors.ts";
import { parseAddress } from "./ip_address.ts";
import { TrustedProxies } from "./trusted_proxies.ts";

Deno.test("an address is the same bytes however it is written", () => {
  const same = [
    ["::1", "0:0:0:0:0:0:0:1", "[::1]", "::0.0.0.1"],
    ["10.1.2.3", "::ffff:10.1.2.3", "::FFFF:a01:203"],
    ["fe80::1%eth0", "FE80:0:0:0:0:0:0:1", "fe80:0::0:1"],
    ["1::", "1:0:0:0:0:0:0:0"],
  ];
  for (const forms of same) {
    for (const form of forms) assertEquals(parseAddress(form), parseAddress(forms[0]!), form);
    assert(parseAddress(forms[0]!) !== undefined, forms[0]);
  }
});

Deno.test("what is no address is none", () => {
  const texts = ["", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.-4", "a.b.c.d", "::1::"];
  for (
    const text of [...texts, "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "::g", "1.2.3.4:80"]
  ) {
    assertEquals(parseAddress(text), undefined, text);
  }
});

Deno.test("a network has the addresses that begin as it does, and no others", () => {
  const proxies = new TrustedProxies(["10.0.0.0/8", "192.168.4.0/23", "fd00::/8", "127.0.0.1"]);
  for (
    const inside of ["10.255.0.1", "::ffff:10.0.0.9", "192.168.5.255", "fdff::1", "127.0.0.1"]
  ) {
    assert(proxies.has(inside), inside);
  }
  for (const outside of ["11.0.0.1", "192.168.6.0", "fc00::1", "127.0.0.2", "::1", "", "proxy"]) {
    assert(!proxies.has(outside), outside);
  }
  assert(new TrustedProxies(["0.0.0.0/0"]).has("203.0.113.9"));
  assert(!new TrustedProxies(["0.0.0.0/0"]).has("2001:db8::1"));
  assert(!new TrustedProxies([]).has("127.0.0.1"));
});

Deno.test("only a trusted proxy's word is taken, back to the first who is not trusted", () => {
  const proxies = new TrustedProxies(["127.0.0.1", "10.0.0.0/8"]);
  const client = (peer: string, forwarded: string | null) => proxies.clientOf(peer, forwarded);
  assertEquals(client("127.0.0.1", "203.0.113.9"), "203.0.113.9");
  assertEquals(client("127.0.0.1", "203.0.113.9, 10.1.1.1"), "203.0.113.9");
  assertEquals(
    client("127.0.0.1", "192.0.2.1, 203.0.113.9"),
    "203.0.113.9",
    "the first is made up",
  );
  assertEquals(client("203.0.113.9", "192.0.2.1"), "203.0.113.9", "nobody trusts who says it");
  assertEquals(client("127.0.0.1", null), "127.0.0.1");
  assertEquals(client("127.0.0.1", "10.1.1.1, 10.1.1.2"), "10.1.1.1");
  assertEquals(client("127.0.0.1", "nonsense\u0000, 10.1.1.2"), "10.1.1.2");
  assertEquals(client("127.0.0.1", "[2001:db8::1]"), "2001:db8::1");
});

Deno.test("what is no network is refused when the server starts", () => {
  for (const name of ["", "proxy.example", "10.0.0.0/33", "::/129", "10.0.0.0/8/8", "10.0.0.0/x"]) {
    assertThrows(() => new TrustedProxies([name]), ParasyncError, "Cannot use --trusted-proxy=");
  }
});
