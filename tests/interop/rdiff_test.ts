/** What rdiff writes we read, what we write rdiff reads, and both find the same. */
// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import fs from "node:fs";
import type { SignatureHeader } from "../../src/matching/librsync_signature.ts";
import { DATA_KINDS, dataOf } from "../fixtures/data_kinds.ts";
import { EDIT_KINDS, edited } from "../fixtures/edit_kinds.ts";
import { syncInFolder } from "../fixtures/local_sync.ts";
import { concatenated, numbers, oneOf, randomBytes } from "../fixtures/seeded.ts";
import { TestLanes } from "../fixtures/test_lanes.ts";
import { equalBytes } from "../workspace.ts";
import { LibrsyncFolder } from "./librsync_folder.ts";
import { RDIFF_ONLY, rdiffDelta, rdiffPatch, rdiffSignature } from "./rdiff_program.ts";

const ROLLINGS = ["rollsum", "rabinkarp"] as const;
const HASHES = ["blake2b", "md4"] as const;
const KINDS = ROLLINGS.flatMap((rolling) => HASHES.map((hash) => ({ rolling, hash })));
const BLOCKS = [512, 2048, 8192] as const;

function withRdiff(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: name + RDIFF_ONLY, ignore: RDIFF_ONLY !== "", fn });
}

function fullSums(kinds: typeof KINDS[number], block: number): SignatureHeader {
  return { ...kinds, block, strongBytes: kinds.hash === "md4" ? 16 : 32 };
}

/** A case for messages: what was compared, and where. */
type Case = Readonly<Record<string, unknown>>;

/** Compares rdiff and ourselves on one pair of files, and runs each of the eight ways to the new file. */
class Comparison {
  readonly folder = new LibrsyncFolder();
  readonly lanes = new TestLanes(1);
  /** Literal bytes of both deltas that were made last. */
  literalBytes = 0;

  /** Our signature is rdiff's, and both deltas from it carry the same number of literal bytes. */
  async compare(
    old: Uint8Array,
    content: Uint8Array,
    header: SignatureHeader,
    what: Case,
  ): Promise<void> {
    const { folder } = this;
    const lanes = this.lanes.group(1);
    const shown = JSON.stringify({ ...what, ...header, old: old.length, new: content.length });
    folder.write("old", old);
    folder.write("new", content);
    await Promise.all([
      folder.signature("old", "sig.own", header, lanes),
      rdiffSignature(folder.join("old"), folder.join("sig.rdiff"), header),
    ]);
    assert(equalBytes(this.read("sig.own"), this.read("sig.rdiff")), `signatures of ${shown}`);
    const [own, theirs] = await Promise.all([
      folder.delta("sig.rdiff", "new", "delta.own", lanes),
      rdiffDelta(folder.join("sig.own"), folder.join("new"), folder.join("delta.rdiff")),
    ]);
    const { literalBytes, copiedBytes } = own;
    assertEquals({ literalBytes, copiedBytes }, theirs, shown);
    this.literalBytes = literalBytes;
  }

  /** Either delta makes the new file, whoever applies it. The signatures are one and need no telling apart. */
  async apply(content: Uint8Array, what: Case): Promise<void> {
    const { folder } = this;
    for (const delta of ["delta.own", "delta.rdiff"]) {
      await Promise.all([
        folder.patch("old", delta, "out.own"),
        rdiffPatch(folder.join("old"), folder.join(delta), folder.join("out.rdiff")),
      ]);
      for (const out of ["out.own", "out.rdiff"]) {
        assert(equalBytes(this.read(out), content), `${out} by ${delta}: ${JSON.stringify(what)}`);
      }
    }
  }

  /** {@linkcode compare} and {@linkcode apply}. */
  async check(
    old: Uint8Array,
    content: Uint8Array,
    header: SignatureHeader,
    what: Case,
  ): Promise<void> {
    await this.compare(old, content, header, what);
    await this.apply(content, what);
  }

  read(name: string): Uint8Array {
    return fs.readFileSync(this.folder.join(name));
  }

  [Symbol.dispose](): void {
    this.lanes[Symbol.dispose]();
    this.folder[Symbol.dispose]();
  }
}

for (const kinds of KINDS) {
  const name = `${kinds.hash} and ${kinds.rolling}`;

  withRdiff(`the eight ways lead to the new file, for sizes around a block: ${name}`, async () => {
    using comparison = new Comparison();
    const next = numbers(31);
    for (const block of BLOCKS) {
      const sizes = [0, 1, block - 1, block, block + 1, 3 * block + 77];
      for (const size of sizes) {
        const old = randomBytes(next, size);
        const content = edited(oneOf(next, EDIT_KINDS), old, next);
        await comparison.check(old, content, fullSums(kinds, block), { sizes: "around a block" });
      }
    }
  });

  withRdiff(`each kind of data and of edit has rdiff's literals: ${name}`, async () => {
    using comparison = new Comparison();
    const next = numbers(32);
    const pairs = EDIT_KINDS.map((edit, i) => ({ edit, data: DATA_KINDS[i % DATA_KINDS.length]! }));
    for (const { edit, data } of pairs) {
      const old = dataOf(data, 20_000 + next(50_000), next);
      const content = edited(edit, old, next);
      await comparison.check(old, content, fullSums(kinds, oneOf(next, BLOCKS)), { edit, data });
    }
  });
}

withRdiff("signatures with shortened sums are rdiff's, and lead to the new file", async () => {
  using comparison = new Comparison();
  const next = numbers(33);
  for (const kinds of KINDS) {
    for (const strongBytes of [4, 8, 12]) {
      const old = randomBytes(next, 40_000 + next(1000));
      const content = edited("insert", old, next);
      await comparison.check(old, content, { ...kinds, block: 700, strongBytes }, { strongBytes });
    }
  }
});

withRdiff("files of several MiB have rdiff's literals", async () => {
  using comparison = new Comparison();
  const next = numbers(34);
  for (const [i, kinds] of KINDS.entries()) {
    const old = dataOf("archive", 5 * 2 ** 20 + next(5000), next);
    const content = edited("move", edited("flip bytes", old, next), next);
    await comparison.check(old, content, fullSums(kinds, BLOCKS[i % 3]!), { size: "MiB" });
  }
});

withRdiff(
  "the new file ends in the old one's short last block, wherever a segment ends",
  async () => {
    using comparison = new Comparison();
    const next = numbers(35);
    const segment = 2 ** 20;
    for (const [i, past] of [-2100, -2048, -1, 0, 1, 2047, 2048].entries()) {
      const short = randomBytes(next, 1 + next(2047));
      const old = concatenated(randomBytes(next, 2048 * 5), short);
      const content = concatenated(randomBytes(next, segment + past), short);
      const header = fullSums(KINDS[i % 4]!, 2048);
      await comparison.check(old, content, header, { past });
      assertEquals(
        content.length - comparison.literalBytes,
        short.length,
        `the block is sent: ${past}`,
      );
    }
  },
);

withRdiff("all pairs of a few inputs, as librsync's own tests have them, both ways", async () => {
  using comparison = new Comparison();
  const next = numbers(36);
  const text = dataOf("csv", 9000, next);
  const inputs = [
    new Uint8Array(0),
    Uint8Array.of(0),
    new Uint8Array(5000),
    text,
    edited("insert", text, next),
    concatenated(text, text),
    randomBytes(next, 4096),
  ];
  let turn = 0;
  for (const old of inputs) {
    for (const content of inputs) {
      await comparison.check(old, content, fullSums(KINDS[turn++ % 4]!, 512), { turn });
    }
  }
});

withRdiff("a hundred seeded mutations, each of the last", async () => {
  using comparison = new Comparison();
  const next = numbers(37);
  let old = dataOf("mixed", 60_000, next);
  for (let round = 0; round < 100; round++) {
    const edit = oneOf(next, EDIT_KINDS.filter((kind) => kind !== "empty"));
    let content = edited(edit, old, next);
    if (content.length < 5000) content = concatenated(content, dataOf("mixed", 40_000, next));
    if (content.length > 150_000) content = content.slice(0, 100_000);
    const header = fullSums(oneOf(next, KINDS), oneOf(next, [64, 333, 512, 2048]));
    await comparison.check(old, content, header, { round, edit });
    old = content;
  }
});

withRdiff("the rsync scheme sends the literals that rdiff finds", async () => {
  using comparison = new Comparison();
  const { folder } = comparison;
  const next = numbers(38);
  const rdiffs = { rolling: "rollsum", hash: "blake2b" } as const;
  for (const edit of EDIT_KINDS) {
    const block = oneOf(next, BLOCKS);
    const old = dataOf(oneOf(next, DATA_KINDS), 30_000 + next(90_000), next);
    const content = edited(edit, old, next);
    await comparison.compare(old, content, fullSums(rdiffs, block), { edit });
    const { totals } = await syncInFolder(folder, {
      parameters: { min: block / 2, avg: block, max: 2 * block },
      scheme: "rsync",
      lanes: comparison.lanes.group(1, "0"),
    });
    assertEquals(totals.literalBytes, comparison.literalBytes, `${edit}, blocks of ${block}`);
    assert(equalBytes(comparison.read("target"), content), edit);
  }
});
