// @ts-types="../types/std_assert.d.ts"
import { assertEquals, assertThrows } from "@std/assert";
import { ParasyncError } from "../errors.ts";
import { ScanChain } from "./scan_chain.ts";

Deno.test("each block is taken once, by whichever thread comes first", () => {
  const chain = new ScanChain();
  const other = new ScanChain(chain.state);
  assertEquals([chain, other, other, chain].map((one) => one.take().block), [0, 1, 2, 3]);
});

Deno.test("a block's start is what the block before published", () => {
  const chain = new ScanChain();
  const other = new ScanChain(chain.state);
  chain.publish(-1, 0);
  assertEquals(other.waitForStart(0), 0);
  other.publish(0, 5 * 2 ** 40 + 3);
  assertEquals(chain.waitForStart(1), 5 * 2 ** 40 + 3);
});

Deno.test("a lane that waits is woken by what another thread publishes", async () => {
  const chain = new ScanChain();
  // A worker of a few lines, since this thread must be free to publish while it waits.
  const source = `
    import { ScanChain } from ${JSON.stringify(new URL("./scan_chain.ts", import.meta.url).href)};
    self.onmessage = ({ data }) => {
      self.postMessage("waiting");
      try { self.postMessage(new ScanChain(data).waitForStart(3)); }
      catch (error) { self.postMessage(error.code); }
    };`;
  for (const [act, expected] of [["publish", 42], ["abort", "interrupted"]] as const) {
    const fresh = act === "publish" ? chain : new ScanChain();
    const worker = new Worker(`data:application/javascript,${encodeURIComponent(source)}`, {
      type: "module",
    });
    try {
      const answers: unknown[] = [];
      await new Promise<void>((resolve) => {
        worker.onmessage = ({ data }): void => {
          answers.push(data);
          if (data !== "waiting") return resolve();
          if (act === "publish") fresh.publish(2, 42);
          else fresh.abort();
        };
        worker.postMessage(fresh.state);
      });
      assertEquals(answers, ["waiting", expected]);
    } finally {
      worker.terminate();
    }
  }
});

Deno.test("an aborted chain lets nobody wait, even for what was published", () => {
  const chain = new ScanChain();
  chain.publish(-1, 0);
  chain.abort();
  const error = assertThrows(() => chain.waitForStart(0), ParasyncError);
  assertEquals(error.code, "interrupted");
});

Deno.test("from a moment on blocks are hashed alone, whoever takes them, and later cut again", () => {
  const chain = new ScanChain();
  const other = new ScanChain(chain.state);
  const taken = [chain.take()];
  assertEquals(chain.hashAlone(true), 1);
  taken.push(other.take(), chain.take());
  assertEquals(other.hashAlone(false), 3);
  taken.push(chain.take());
  assertEquals(taken, [
    { block: 0, hashedAlone: false },
    { block: 1, hashedAlone: true },
    { block: 2, hashedAlone: true },
    { block: 3, hashedAlone: false },
  ]);
});
