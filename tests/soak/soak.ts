/**
 * Pushes files for as long as it is told, with faults: `deno task soak --minutes N --seed S --clients C`.
 *
 * Two servers share a folder. One lives through it all, and its memory and descriptors are watched; the other is
 * killed again and again. After every push, whatever became of it, the target must be the old file or the new one,
 * and the new one where the push said so.
 */
// @ts-types="../../src/types/std_parse_args.d.ts"
import { parseArgs } from "@std/cli/parse-args";
import { assertSoak } from "./verdict.ts";
import { Soak } from "./soak_run.ts";

const flags = parseArgs(Deno.args, { string: ["minutes", "seed", "clients"] });
const minutes = Number(flags.minutes ?? 10);

await using soak = await Soak.begin({
  minutes,
  seed: Number(flags.seed ?? 1),
  clients: Number(flags.clients ?? 6),
  say: (line) => Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`)),
});
const report = await soak.run();
Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(report, null, 2)}\n`));
assertSoak(report);
