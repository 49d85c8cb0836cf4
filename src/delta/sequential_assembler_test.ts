// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fs from "node:fs";
import { numbers } from "../../tests/fixtures/seeded.ts";
import { ParasyncError } from "../errors.ts";
import { TestFolder } from "../files/test_folder.ts";
import { STRONG_BYTES } from "../hashing/backend.ts";
import { SEGMENT_BYTES } from "../hashing/session_digest.ts";
import { bodiesOf, partOf, segmentsOf, TestAssembly } from "./test_assembly.ts";
import {
  type Edit,
  type EditScript,
  editScript,
  randomPieces,
  seededBytes,
} from "./test_scripts.ts";

const next = numbers(251);

/** A script cut into streams anywhere, which may be empty. */
function cutUp<T>(items: readonly T[], parts: number): T[][] {
  const ends = Array.from({ length: parts - 1 }, () => next(items.length + 1));
  const edges = [0, ...ends.sort((a, b) => a - b), items.length];
  return edges.slice(1).map((end, i) => items.slice(edges[i], end));
}

/** A script of these edits, its result made of them. */
function scriptOf(basis: Uint8Array<ArrayBuffer>, edits: Edit[], size: number): EditScript {
  const result = new Uint8Array(size);
  for (const edit of edits) {
    if (edit.kind === "literal") result.set(edit.data, edit.target);
    else if (edit.kind === "copy") {
      result.set(basis.subarray(edit.source, edit.source + edit.length), edit.target);
    }
  }
  return { basis, edits, result };
}

async function withAssembly(
  script: EditScript,
  check: (assembly: TestAssembly, folder: TestFolder) => Promise<void>,
  order: "any" | "target" = "target",
): Promise<void> {
  using folder = new TestFolder();
  using assembly = new TestAssembly(folder, script, order, next);
  try {
    await check(assembly, folder);
  } finally {
    await assembly.assembler.idle();
  }
}

Deno.test("a patch in order makes what one in any order makes, in any bodies and pieces", async () => {
  for (let round = 0; round < 16; round++) {
    const script = editScript(next, 1 + next(60), 1 + next(round % 2 === 0 ? 3000 : 150_000));
    const bodies = bodiesOf(script, cutUp(script.edits, 1 + next(4)))
      .map((body) => randomPieces(next, body, 1 + next(90_000)));
    const results: Uint8Array[] = [];
    for (const order of ["target", "any"] as const) {
      await withAssembly(script, async (assembly, folder) => {
        const { assembler } = assembly;
        assertEquals(await assembly.take(bodies), true);
        const result = fs.readFileSync(folder.join("target"));
        assert(result.equals(script.result), order);
        results.push(result);
        assertEquals(assembler.segments, segmentsOf(script.result));
        assertEquals(assembler.covered, script.result.length);
        if (order === "any") return;
        assertEquals(assembly.readBack, [], "each byte is hashed on its way");
        assert(assembly.most <= 2, `${assembly.most} jobs were under way`);
        let at = 0;
        for (const [target, length] of assembly.appended) {
          assertEquals(target, at);
          assertEquals(target % SEGMENT_BYTES, 0);
          at += length;
        }
      }, order);
    }
  }
});

Deno.test("a segment of very many commands is built in parts and read back once", async () => {
  const basis = seededBytes(next, 10_000);
  const edits: Edit[] = [];
  for (let target = 0; target < SEGMENT_BYTES + 4000; target += 100) {
    edits.push({ kind: "copy", source: next(9900), target, length: 60 });
    edits.push({ kind: "literal", target: target + 60, data: seededBytes(next, 40) });
  }
  const last = edits.at(-1)!;
  assert(last.kind === "literal");
  const script = scriptOf(basis, edits, last.target + 40);
  await withAssembly(script, async (assembly, folder) => {
    const [body] = bodiesOf(script, [edits]);
    assertEquals(await assembly.take([randomPieces(next, body!, 60_000)]), true);
    assert(fs.readFileSync(folder.join("target")).equals(script.result));
    assertEquals(assembly.readBack, [0]);
    assertEquals(assembly.assembler.covered, script.result.length);
  });
});

Deno.test("an empty target is complete from the beginning", async () => {
  const script = scriptOf(seededBytes(next, 10), [], 0);
  await withAssembly(script, async (assembly) => {
    assertEquals(await assembly.take(bodiesOf(script, [[]]).map((body) => [body])), true);
  });
});

Deno.test({
  name: "zeros stay holes (skipped where files are not counted in blocks)",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const size = 6 * SEGMENT_BYTES;
    const script = scriptOf(new Uint8Array(2 * SEGMENT_BYTES), [
      { kind: "zero", target: 0, length: 3 * SEGMENT_BYTES + 5 },
      { kind: "copy", source: 5, target: 3 * SEGMENT_BYTES + 5, length: SEGMENT_BYTES },
      { kind: "literal", target: 4 * SEGMENT_BYTES + 5, data: new Uint8Array(70_000).fill(1) },
      { kind: "zero", target: 4 * SEGMENT_BYTES + 70_005, length: 2 * SEGMENT_BYTES - 70_005 },
    ], size);
    await withAssembly(script, async (assembly, folder) => {
      const [body] = bodiesOf(script, [script.edits]);
      assertEquals(await assembly.take([[body!]]), true);
      const path = folder.join("target");
      assert(fs.readFileSync(path).equals(script.result));
      assert(fs.statSync(path).blocks * 512 < 4 * 65_536, "blocks were allocated for zeros");
    });
  },
});

Deno.test("what does not begin where the last command ended is refused, and nothing of it written", async () => {
  const basis = seededBytes(next, 5000);
  const size = 2 * SEGMENT_BYTES;
  const first: Edit = { kind: "copy", source: 0, target: 0, length: 1000 };
  const wrong: Record<string, Edit> = {
    "the same again": first,
    "an overlap": { kind: "copy", source: 0, target: 999, length: 1000 },
    "a gap": { kind: "literal", target: 1001, data: seededBytes(next, 10) },
    "a literal that comes early": { kind: "literal", target: 5000, data: seededBytes(next, 10) },
    "a literal that comes late": { kind: "literal", target: 0, data: seededBytes(next, 10) },
    "zeros over what is there": { kind: "zero", target: 500, length: 500 },
    "zeros beyond the end": { kind: "zero", target: 1000, length: size },
    "a copy from beyond the basis": { kind: "copy", source: 4500, target: 1000, length: 501 },
  };
  const script = scriptOf(basis, [], size);
  for (const [about, edit] of Object.entries(wrong)) {
    await withAssembly(script, async (assembly, folder) => {
      const body = partOf(script, [first, edit]);
      const error = await assertRejects(
        () => assembly.receive(randomPieces(next, body, 50)),
        ParasyncError,
      );
      assertEquals(error.code, "bad_request", about);
      assembly.assembler.fail(error);
      await assembly.assembler.idle();
      assertEquals(assembly.appended, [], about);
      assert(fs.readFileSync(folder.join("target")).every((byte) => byte === 0), about);
    });
  }
});

Deno.test("an assembler refuses ranges that its target has no room for by itself", async () => {
  await withAssembly(scriptOf(new Uint8Array(10), [], 100), ({ assembler }) => {
    for (const [target, length] of [[0, 101], [0, 0], [0, -1], [0, NaN], [-1, 5], [NaN, 5]]) {
      const error = assertThrows(() => assembler.zero(target!, length!), ParasyncError);
      assertEquals(error.code, "bad_request");
    }
    return Promise.resolve();
  });
});

Deno.test("a target that is not complete, or has other totals, is refused at its end", async () => {
  const script = editScript(next, 20, 100_000);
  await withAssembly(script, async (assembly) => {
    const end = await assembly.receive([partOf(script, script.edits.slice(0, -1))]);
    const { assembler } = assembly;
    const error = await assertRejects(
      () => assembler.finish({ ...end, last: true, digest: new Uint8Array(STRONG_BYTES) }),
      ParasyncError,
      `to ${script.result.length - 1}`,
    );
    assertEquals(error.code, "stream");
  });
  await withAssembly(script, async (assembly) => {
    const [body] = bodiesOf(script, [script.edits]);
    const end = await assembly.receive([body!]);
    assert(end.last);
    const totals = { ...end.totals, literals: end.totals.literals + 1 };
    const finished = assembly.assembler.finish({ ...end, totals });
    const error = await assertRejects(() => finished, ParasyncError, "it announces");
    assertEquals(error.code, "bad_request");
  });
});

Deno.test("another digest than announced is told, and a repair sends what differs", async () => {
  const basis = seededBytes(next, 4 * SEGMENT_BYTES);
  const size = 3 * SEGMENT_BYTES + 500;
  // Zeros must be written in a repair where something else was copied.
  basis.fill(0, SEGMENT_BYTES, 2 * SEGMENT_BYTES);
  const repaired = scriptOf(basis, [{ kind: "copy", source: 0, target: 0, length: size }], size);
  const wrong: Edit[] = [{ kind: "copy", source: 100, target: 0, length: size }];
  const literalOf = (begin: number, end: number): Edit => ({
    kind: "literal",
    target: begin,
    data: repaired.result.slice(begin, end),
  });
  const segmentOf = (i: number): Edit => literalOf(i * SEGMENT_BYTES, (i + 1) * SEGMENT_BYTES);
  const repairWith = async (
    edits: readonly Edit[],
    check: (repair: Promise<boolean>, folder: TestFolder) => Promise<void>,
  ): Promise<void> => {
    await withAssembly(repaired, async (assembly, folder) => {
      const [body] = bodiesOf(repaired, [wrong]);
      assertEquals(await assembly.take([[body!]]), false);
      const { assembler } = assembly;
      assembler.beginRepair();
      const repair = assembly.receive(randomPieces(next, partOf(repaired, edits), 80_000))
        .then(() => assembler.finishRepair());
      await check(repair, folder);
    });
  };
  await repairWith([0, 1, 2, 3].map(segmentOf), async (repair, folder) => {
    assertEquals(await repair, true);
    assert(fs.readFileSync(folder.join("target")).equals(repaired.result));
  });
  await repairWith([0, 1, 3].map(segmentOf), async (repair) => assertEquals(await repair, false));
  await repairWith([], async (repair) => assertEquals(await repair, false));
  const refused: [string, Edit[]][] = [
    ["it has a copy", [{ kind: "copy", source: 0, target: 0, length: SEGMENT_BYTES }]],
    ["it has zeros", [{ kind: "zero", target: SEGMENT_BYTES, length: SEGMENT_BYTES }]],
    ["in parts", [literalOf(SEGMENT_BYTES, 2 * SEGMENT_BYTES - 1)]],
    ["in parts", [literalOf(SEGMENT_BYTES, 2 * SEGMENT_BYTES - 1), segmentOf(2)]],
    ["in parts", [literalOf(SEGMENT_BYTES + 1, 2 * SEGMENT_BYTES)]],
    ["is due", [segmentOf(2), segmentOf(1)]],
    ["is due", [segmentOf(1), segmentOf(1)]],
  ];
  for (const [message, edits] of refused) {
    await repairWith(edits, async (repair) => {
      const error = await assertRejects(() => repair, ParasyncError, message);
      assertEquals(error.code, "bad_request");
    });
  }
});

Deno.test("literals are held back while the lane is busy, three segments at most", async () => {
  const data = seededBytes(next, 12 * SEGMENT_BYTES);
  const script = scriptOf(new Uint8Array(0), [{ kind: "literal", target: 0, data }], data.length);
  await withAssembly(script, async (assembly) => {
    let done = 0;
    assembly.before = () => {
      assert(taken - done <= 3 * SEGMENT_BYTES + 200_000, `${taken - done} bytes pile up`);
      done += SEGMENT_BYTES;
    };
    let taken = 0;
    const [body] = bodiesOf(script, [script.edits]);
    const counted = function* (): Generator<Uint8Array> {
      for (const piece of randomPieces(next, body!, 100_000)) {
        taken += piece.length;
        yield piece;
      }
    };
    const end = await assembly.receive(counted());
    assert(end.last && await assembly.assembler.finish(end));
    assertEquals(done, data.length);
  });
});

Deno.test("what the lane fails with ends whoever waits, and nothing more is asked of it", async () => {
  const size = 64 * SEGMENT_BYTES;
  const script = scriptOf(new Uint8Array(0), [{ kind: "zero", target: 0, length: size }], size);
  await withAssembly(script, async (assembly) => {
    const { assembler } = assembly;
    assembly.before = () => {
      if (assembly.appended.length === 3) {
        throw new ParasyncError("no_space", "Cannot write: no space left");
      }
    };
    const [body] = bodiesOf(script, [script.edits]);
    await assertRejects(() => assembly.receive([body!]), ParasyncError, "no space left");
    await assembler.idle();
    assertEquals(assembly.appended.length, 3);
    await assertRejects(() => assembler.pump(), ParasyncError, "no space left");
    await assertRejects(() => assembler.finishRepair(), ParasyncError, "no space left");
    assertEquals(assembly.appended.length, 3);
  });
});

Deno.test("giving up ends whoever waits, and idle() comes when the last job is done", async () => {
  const size = 64 * SEGMENT_BYTES;
  await withAssembly(scriptOf(new Uint8Array(0), [], size), async ({ assembler, appended }) => {
    assembler.zero(0, size);
    const pumping = assembler.pump();
    assembler.fail(new ParasyncError("interrupted", "Cannot go on: given up"));
    await assertRejects(() => pumping, ParasyncError, "given up");
    await assembler.idle();
    const done = appended.length;
    assert(done <= 2);
    await new Promise((resolve) => setTimeout(resolve));
    assertEquals(appended.length, done);
  });
});

Deno.test("a basis that becomes shorter meanwhile ends it", async () => {
  const basis = seededBytes(next, 3 * SEGMENT_BYTES);
  const size = basis.length;
  const script = scriptOf(basis, [{ kind: "copy", source: 0, target: 0, length: size }], size);
  await withAssembly(script, async (assembly, folder) => {
    const [body] = bodiesOf(script, [script.edits]);
    fs.truncateSync(folder.join("old"), 2 * SEGMENT_BYTES);
    const error = await assertRejects(() => assembly.take([[body!]]), ParasyncError);
    assertEquals(error.code, "changed");
  });
});
