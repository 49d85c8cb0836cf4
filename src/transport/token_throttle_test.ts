// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertThrows } from "@std/assert";
import { BusyError } from "./busy.ts";
import { TokenThrottle } from "./token_throttle.ts";

function fail(throttle: TokenThrottle, client: string, times: number): void {
  for (let time = 0; time < times; time++) throttle.failed(client);
}

Deno.test("ten wrong tokens are borne, and then one in six seconds", () => {
  let now = 0;
  const throttle = new TokenThrottle(() => now);
  fail(throttle, "192.0.2.1", 9);
  throttle.require("192.0.2.1");
  fail(throttle, "192.0.2.1", 1);
  const refusal = assertThrows(() => throttle.require("192.0.2.1"), BusyError);
  assertEquals(refusal.retryAfterSeconds, 6);
  throttle.require("192.0.2.2");
  now = 5_900;
  assertThrows(() => throttle.require("192.0.2.1"), BusyError);
  now = 6_000;
  throttle.require("192.0.2.1");
  fail(throttle, "192.0.2.1", 1);
  assertThrows(() => throttle.require("192.0.2.1"), BusyError);
  now = 100_000;
  fail(throttle, "192.0.2.1", 9);
  throttle.require("192.0.2.1");
});

Deno.test("all addresses of one network of IPv6 count as one", () => {
  const throttle = new TokenThrottle(() => 0);
  for (let host = 1; host <= 10; host++) throttle.failed(`2001:db8:1:2::${host}`);
  assertThrows(() => throttle.require("2001:db8:1:2:ffff::1"), BusyError);
  throttle.require("2001:db8:1:3::1");
});

Deno.test("any number of addresses takes bounded memory, and the newest are remembered", () => {
  const throttle = new TokenThrottle(() => 0);
  for (let high = 0; high < 40; high++) {
    for (let low = 0; low < 250; low++) throttle.failed(`10.0.${high}.${low}`);
  }
  fail(throttle, "192.0.2.1", 10);
  assert(throttle.size <= 4096, String(throttle.size));
  assertThrows(() => throttle.require("192.0.2.1"), BusyError);
});
