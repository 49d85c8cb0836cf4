// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { readLine } from "../../src/library/given_line.ts";
import { LinePacer } from "./line_pacer.ts";
import { Relay } from "./relay.ts";

/** Puts so many portions on a line, each as soon as there is room; returns when the last one arrives. */
function sendPortions(pacer: LinePacer, count: number): number {
  let [now, arrival] = [0, 0];
  for (let i = 0; i < count; i++) {
    now += pacer.waitMs(now);
    arrival = pacer.admit(pacer.portionBytes, now);
  }
  return arrival;
}

Deno.test("a line takes its time for every byte, and its delay for the last one alone", () => {
  const pacer = new LinePacer({ bitsPerSecond: 8e6, delayMs: 20 });
  assertEquals(pacer.admit(1000, 0), 21);
  assertEquals(pacer.admit(1000, 0), 22);
  // It does not save up what it has not carried.
  assertEquals(pacer.admit(1000, 100), 121);
});

Deno.test("a line is as fast as it says, however late its users are told", () => {
  for (const bitsPerSecond of [1e6, 1e8, 1e9]) {
    const pacer = new LinePacer({ bitsPerSecond, delayMs: 5 });
    const count = 1000;
    const expected = pacer.portionBytes * count * 8000 / bitsPerSecond + 5;
    assert(Math.abs(sendPortions(pacer, count) - expected) < 1e-6 * expected);
  }
});

Deno.test("a line's queue stays short", () => {
  const pacer = new LinePacer({ bitsPerSecond: 8e6, delayMs: 20 });
  assertEquals(pacer.waitMs(0), 0);
  pacer.admit(12_000, 0);
  assertEquals(pacer.waitMs(0), 7);
  assertEquals(pacer.waitMs(7), 0);
});

Deno.test("two connections share a line", () => {
  const pacer = new LinePacer({ bitsPerSecond: 8e6, delayMs: 0 });
  const arrivals = [0, 1, 2, 3].map(() => pacer.admit(500, 0));
  assertEquals(arrivals, [0.5, 1, 1.5, 2]);
});

for (const name of [undefined, "800mbit-4ms"]) {
  Deno.test(`a relay, ${name ?? "free"}, passes everything on, both ways and half-closed`, async () => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const served = (async () => {
      using connection = await listener.accept();
      const request = new Uint8Array(await new Response(connection.readable).arrayBuffer());
      return request;
    })();
    const { port } = listener.addr as Deno.NetAddr;
    const relay = name === undefined ? new Relay(port) : new Relay(port, readLine(name));
    try {
      const client = await Deno.connect({ hostname: relay.host, port: relay.port });
      const bytes = Uint8Array.from({ length: 1_234_567 }, (_, i) => i * 7919 >>> 8);
      for (let at = 0; at < bytes.length;) at += await client.write(bytes.subarray(at));
      await client.closeWrite();
      assertEquals(await served, bytes);
      assertEquals(await client.read(new Uint8Array(1)), null);
      client.close();
      assertEquals(relay.count, { up: bytes.length, down: 0 });
    } finally {
      relay.stop();
      listener.close();
    }
  });
}
