/**
 * Feeds every decoder with inputs by chance: `deno task fuzz --cases N --seed S --target T --minutes M --keep`.
 * With `--keep` inputs of new kinds are added to the corpus.
 */
// @ts-types="../../src/types/std_parse_args.d.ts"
import { parseArgs } from "@std/cli/parse-args";
import fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CORPUS, readInputs, saveInput } from "./corpus.ts";
import { Fuzzer } from "./fuzzer.ts";
import { allTargets } from "./targets.ts";

const CRASHES = fileURLToPath(new URL("./crashes", import.meta.url));
const STEP = 50_000;

const flags = parseArgs(Deno.args, {
  string: ["cases", "seed", "target", "minutes"],
  boolean: ["keep"],
});
const most = Number(flags.cases ?? (flags.minutes === undefined ? 1_000_000 : Infinity));
const until = performance.now() + Number(flags.minutes ?? Infinity) * 60_000;
const seed = Number(flags.seed ?? 1);

const folder = fs.realpathSync(fs.mkdtempSync(join(os.tmpdir(), "parasync-fuzz-")));
const write = (text: string): void => {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
};
try {
  const targets = allTargets(folder).filter(({ name }) => name === (flags.target ?? name));
  if (targets.length === 0) throw new Error(`There is no target ${flags.target}`);
  const fuzzer = new Fuzzer(targets, seed);
  for (const target of targets) {
    for (const input of readInputs(CORPUS, target.name)) await fuzzer.seed(target, input);
  }
  while (fuzzer.report.cases < most && performance.now() < until) {
    await fuzzer.run(Math.min(STEP, most - fuzzer.report.cases));
    const { cases, kinds, crashes, slowest } = fuzzer.report;
    const rss = Math.round(Deno.memoryUsage().rss / 2 ** 20);
    write(
      `${cases} cases, ${kinds} kinds, ${fuzzer.found.length} of them new, ${crashes.length} findings; ` +
        `slowest ${slowest.ms.toFixed(1)} ms (${slowest.target}); ${rss} MiB\n`,
    );
  }
  if (flags.keep) {
    for (const { target, input } of fuzzer.found) saveInput(CORPUS, target, input);
  }
  for (const { target, input, error } of fuzzer.report.crashes) {
    write(`${saveInput(CRASHES, target, input)}\n${error}\n`);
  }
  Deno.exitCode = fuzzer.report.crashes.length === 0 ? 0 : 1;
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
