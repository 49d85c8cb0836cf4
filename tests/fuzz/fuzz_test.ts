// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import fs from "node:fs";
import { ParasyncError } from "../../src/errors.ts";
import { Workspace } from "../workspace.ts";
import { CORPUS, readInputs } from "./corpus.ts";
import { Fuzzer } from "./fuzzer.ts";
import { type FuzzTarget, must } from "./target.ts";
import { allTargets } from "./targets.ts";

const CASES = 150_000;

Deno.test("no input makes a decoder do anything but take or refuse it", async () => {
  await using space = new Workspace();
  const targets = allTargets(space.root);
  const fuzzer = new Fuzzer(targets, 20_260_101);
  for (const target of targets) {
    for (const input of readInputs(CORPUS, target.name)) await fuzzer.seed(target, input);
  }
  const { cases: saved } = fuzzer.report;
  assert(saved > 100, `only ${saved} saved inputs`);
  await fuzzer.run(CASES);
  const { crashes, cases } = fuzzer.report;
  assertEquals(crashes.map(({ target, error }) => `${target}: ${error}`), []);
  assert(cases >= saved + CASES);
});

Deno.test("every file of the corpus is a target's", async () => {
  await using space = new Workspace();
  const names = new Set(allTargets(space.root).map(({ name }) => `${name}.hex`));
  // A runtime without zstd has no target for it.
  names.add("delta-zstd.hex");
  assertEquals(fs.readdirSync(CORPUS).filter((name) => !names.has(name)), []);
});

Deno.test("the fuzzer finds a fault that a rare input shows, and makes the input small", async () => {
  const faulty: FuzzTarget = {
    name: "faulty",
    weight: 1,
    make: () => new TextEncoder().encode("a b c d e f g h"),
    run(bytes) {
      if (bytes.length > 100) throw new ParasyncError("too_large", "Cannot read it: too long");
      must(!bytes.includes(0xff), "there is no such byte");
      return "read";
    },
  };
  const fuzzer = new Fuzzer([faulty], 1);
  await fuzzer.run(5000);
  const [crash, ...more] = fuzzer.report.crashes;
  assertEquals(more, []);
  assertEquals([...crash!.input], [0xff]);
  assert(crash!.error.startsWith("Finding: there is no such byte"), crash!.error);
});
