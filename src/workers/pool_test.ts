// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertRejects } from "@std/assert";
import { ParasyncError } from "../errors.ts";
import { LanePool } from "./pool.ts";

const MUCH = 2 ** 40;

Deno.test("a session gets as many threads as it asks for, and no more than the pool has", () => {
  for (const mainWorks of [true, false]) {
    const pool = new LanePool(3, { mainWorks });
    assertEquals([1, 2, 3, 4, 1000].map((n) => pool.group(n, MUCH, "0").threads), [1, 2, 3, 3, 3]);
    pool.close();
  }
});

Deno.test("little work starts no worker", async () => {
  const real = globalThis.Worker;
  let started = 0;
  globalThis.Worker = class extends real {
    constructor(...given: ConstructorParameters<typeof real>) {
      super(...given);
      started++;
    }
  };
  try {
    for (const mainWorks of [true, false]) {
      const pool = new LanePool(4, { mainWorks });
      const group = pool.group(4, 100_000, "0");
      assertEquals(group.threads, 1);
      await group.run({ kind: "prepare", hw: "0" });
      assertEquals(started, 0);
      assert(pool.group(4, MUCH, "0").threads === 4 && started > 0);
      started = 0;
      pool.close();
    }
  } finally {
    globalThis.Worker = real;
  }
});

Deno.test("sessions share the workers, and the next one gets those with the least to do", async () => {
  const real = globalThis.Worker;
  const posted: number[] = [];
  globalThis.Worker = class extends real {
    readonly #index = posted.push(0) - 1;
    override postMessage(message: unknown): void {
      posted[this.#index]! += 1;
      super.postMessage(message);
    }
  };
  const pool = new LanePool(2, { mainWorks: false });
  try {
    const both = pool.group(2, MUCH, "0");
    await Promise.all([1, 2, 3, 4].map(() => both.run({ kind: "prepare", hw: "0" })));
    posted.fill(0);
    const first = pool.group(1, MUCH, "0");
    const jobs = [1, 2, 3].map(() => first.run({ kind: "prepare", hw: "0" }));
    const second = pool.group(1, MUCH, "0");
    jobs.push(second.run({ kind: "prepare", hw: "0" }));
    assertEquals(posted.toSorted(), [1, 3]);
    await Promise.all(jobs);
  } finally {
    globalThis.Worker = real;
    pool.close();
  }
});

Deno.test("a worker that died is replaced for the next session", async () => {
  const real = globalThis.Worker;
  const pool = new LanePool(1, { mainWorks: false });
  try {
    globalThis.Worker = class extends real {
      constructor() {
        super("data:application/javascript,throw new Error('never started')", { type: "module" });
      }
    };
    const ill = pool.group(1, MUCH, "0");
    globalThis.Worker = real;
    await assertRejects(
      () => ill.run({ kind: "prepare", hw: "0" }),
      ParasyncError,
      "worker failed",
    );
    assertEquals(await pool.group(1, MUCH, "0").run({ kind: "prepare", hw: "0" }), null);
  } finally {
    globalThis.Worker = real;
    pool.close();
  }
});

Deno.test("closing the pool ends what its sessions still ask for", async () => {
  const pool = new LanePool(2, { mainWorks: false });
  const group = pool.group(2, MUCH, "0");
  pool.close();
  const error = await assertRejects(() => group.run({ kind: "prepare", hw: "0" }), ParasyncError);
  assertEquals(error.code, "interrupted");
});
