/** librsync's own test situations for every scheme and mode: pairs of a few inputs, changes back and forth, long chains. */
// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import fs from "node:fs";
import { dataOf } from "../../tests/fixtures/data_kinds.ts";
import { EDIT_KINDS, edited } from "../../tests/fixtures/edit_kinds.ts";
import { leftovers, SHORT_CHUNKS, syncInFolder } from "../../tests/fixtures/local_sync.ts";
import { concatenated, numbers, oneOf, randomBytes } from "../../tests/fixtures/seeded.ts";
import { type SchemeVariant, VARIANTS } from "../../tests/fixtures/scheme_variants.ts";
import { TestLanes } from "../../tests/fixtures/test_lanes.ts";
import { blockParameters, type ChunkParameters } from "../chunking/parameters.ts";
import { TestFolder } from "../files/test_folder.ts";
import type { Confirmation } from "./scheme.ts";
import { SCHEMES } from "./scheme_name.ts";

/** Sizes of chunks, of which the averages are those of blocks. */
const SIZES: readonly ChunkParameters[] = [
  { min: 64, avg: 64, max: 65 },
  SHORT_CHUNKS,
  { min: 300, avg: 512, max: 2000 },
  { min: 4096, avg: 8192, max: 12288 },
];

/** One folder in which a scheme syncs again and again, with other checksums, threads and sizes each time. */
class RepeatedSync {
  readonly #folder = new TestFolder();
  readonly #lanes = new TestLanes(3);
  readonly #variant: SchemeVariant;
  #turn = 0;

  constructor(variant: SchemeVariant) {
    this.#variant = variant;
  }

  /** Writes the basis of the next sync. */
  begin(old: Uint8Array): void {
    this.#folder.write("old", old);
  }

  /** Syncs the basis to this content; what comes of it, once it was compared, is the next basis. */
  async step(content: Uint8Array, about: string): Promise<void> {
    const { scheme, mode, name } = this.#variant;
    const turn = this.#turn++;
    const sizes = SIZES[turn % SIZES.length]!;
    const options = {
      scheme,
      mode,
      lanes: this.#lanes.group(1 + turn % 3, turn % 5 < 2 ? "0" : "auto"),
      parameters: SCHEMES[scheme].opens === "signature" ? blockParameters(sizes.avg) : sizes,
      confirm: this.#confirmation(turn),
    } as const;
    const folder = this.#folder;
    folder.write("new", content);
    await syncInFolder(folder, options).catch((error) => {
      throw new Error(`${name}, turn ${turn}, ${about}: ${error}`, { cause: error });
    });
    const made = fs.readFileSync(folder.join("target"));
    assert(made.equals(content), `${name}, turn ${turn}, ${about}: differs`);
    assertEquals(leftovers(folder), [], about);
    fs.renameSync(folder.join("target"), folder.join("old"));
  }

  /** As the program chooses it: modes but the streaming one compare chunk by chunk, schemes without modes repair. */
  #confirmation(turn: number): Confirmation {
    const { scheme, mode } = this.#variant;
    if (!SCHEMES[scheme].modes) return "target";
    return mode !== "streaming" || turn % 7 < 4 ? "chunk" : "target";
  }

  [Symbol.dispose](): void {
    this.#lanes[Symbol.dispose]();
    this.#folder[Symbol.dispose]();
  }
}

/** Inputs of which every one is to become every other one. */
function inputs(): ReadonlyMap<string, Uint8Array<ArrayBuffer>> {
  const next = numbers(721);
  const text = dataOf("csv", 9000, next);
  const random = randomBytes(next, 20_011);
  return new Map([
    ["nothing", new Uint8Array(0)],
    ["one byte", Uint8Array.of(0)],
    ["text", text],
    ["text with more in it", edited("insert", text, next)],
    ["text twice", concatenated(text, text)],
    ["random bytes", random],
    ["a part of them", random.slice(3001, 15_000)],
    ["zeros", new Uint8Array(20_000)],
    ["seven bytes again and again", dataOf("period 7", 20_000, next)],
  ]);
}

for (const variant of VARIANTS) {
  Deno.test(`${variant.name}: each of a few inputs becomes each other one, and itself`, async () => {
    using sync = new RepeatedSync(variant);
    for (const [from, old] of inputs()) {
      for (const [to, content] of inputs()) {
        sync.begin(old);
        await sync.step(content, `${from} to ${to}`);
      }
    }
  });

  Deno.test(`${variant.name}: every edit leads there, and back again`, async () => {
    using sync = new RepeatedSync(variant);
    const next = numbers(722);
    for (const kind of ["mixed", "random"] as const) {
      for (const edit of EDIT_KINDS) {
        const old = dataOf(kind, 5000 + next(30_000), next);
        const content = edited(edit, old, next);
        sync.begin(old);
        await sync.step(content, `${edit} of ${kind}`);
        await sync.step(old, `${edit} of ${kind}, taken back`);
      }
    }
  });

  Deno.test(`${variant.name}: a hundred mutations, each of what the last sync made`, async () => {
    using sync = new RepeatedSync(variant);
    const next = numbers(723);
    let old = dataOf("mixed", 60_000, next);
    sync.begin(old);
    for (let round = 0; round < 100; round++) {
      const edit = oneOf(next, EDIT_KINDS.filter((kind) => kind !== "empty"));
      let content = edited(edit, old, next);
      if (content.length < 5000) content = concatenated(content, dataOf("mixed", 40_000, next));
      if (content.length > 150_000) content = content.slice(0, 100_000);
      await sync.step(content, edit);
      old = content;
    }
  });
}
