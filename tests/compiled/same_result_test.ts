// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import { VARIANTS } from "../fixtures/scheme_variants.ts";
import { assertSucceeded, assertSummary } from "../outcome.ts";
import { run, Server, type StartOptions } from "../program.ts";
import { concat, equalBytes, someBytes, Workspace } from "../workspace.ts";
import { COMPILED_ONLY, executable } from "./executables.ts";

const OLD = someBytes(2_500_000, 1);
const NEW = concat(
  OLD.subarray(0, 700_000),
  someBytes(6_000, 2),
  OLD.subarray(900_000),
  new Uint8Array(100_000),
);
const ignore = COMPILED_ONLY !== "";
const COMPILED: StartOptions = { executable: executable("parasync") };
const SOURCES: StartOptions = {};

/** What of a summary depends on the files alone, and not on who was faster. */
const SETTLED = [
  "scheme",
  "mode",
  "hw_requested",
  "hw_client",
  "hw_server",
  "old_bytes",
  "new_bytes",
  "copied_bytes",
  "literal_bytes",
  "zero_bytes",
  "copies",
  "literals",
  "chunks_old",
  "chunks_new",
  "chunks_matched",
  "digest",
  "digest_kind",
  "verified",
];

/** Pushes the new file over the old one at a server, and tells what is settled of the summary. */
async function push(
  space: Workspace,
  { url }: Server,
  flags: readonly string[],
  options: StartOptions,
): Promise<Record<string, unknown>> {
  space.old("a", OLD);
  const outcome = await run(["push", space.new(NEW), `${url}/a`, ...flags, "--json"], options);
  const summary = assertSummary(outcome);
  await space.untouched("a", NEW);
  return Object.fromEntries(SETTLED.map((name) => [name, summary[name]]));
}

for (const { scheme, mode, name } of VARIANTS) {
  Deno.test({
    name: `${name} makes the same of two files compiled and from source${COMPILED_ONLY}`,
    ignore,
    async fn() {
      await using space = new Workspace();
      const compiled = await space.serve([], COMPILED);
      const sources = await space.serve([], SOURCES);
      for (const hw of ["0", "1"]) {
        const flags = [`--scheme=${scheme}`, `--hw=${hw}`, "--digest=blake3"];
        if (scheme === "parasync") flags.push(`--mode=${mode}`);
        const expected = await push(space, sources, flags, SOURCES);
        assertEquals(await push(space, compiled, flags, COMPILED), expected);
      }
    },
  });
}

Deno.test({
  name: `a compiled end and one from source sync with each other${COMPILED_ONLY}`,
  ignore,
  async fn() {
    await using space = new Workspace();
    const compiled = await space.serve([], COMPILED);
    const sources = await space.serve([], SOURCES);
    const expected = await push(space, sources, ["--hw=0"], COMPILED);
    assertEquals(await push(space, compiled, ["--hw=0"], SOURCES), expected);
  },
});

Deno.test({
  name: `signature, delta and patch write the same bytes compiled and from source${COMPILED_ONLY}`,
  ignore,
  async fn() {
    await using space = new Workspace();
    const [old, file] = [space.old("a", OLD), space.new(NEW)];
    const written = await Promise.all(
      [["compiled", COMPILED], ["sources", SOURCES]].map(async ([name, options]) => {
        const [signature, delta, out] = ["sig", "delta", "out"].map((kind) =>
          join(space.path, `${kind}-${name}`)
        );
        const steps = [
          ["signature", old, signature!],
          ["delta", signature!, file, delta!],
          ["patch", old, delta!, out!],
        ];
        for (const args of steps) assertSucceeded(await run(args, options as StartOptions));
        return [signature!, delta!, out!].map((path) => fs.readFileSync(path));
      }),
    );
    for (const i of [0, 1, 2]) assert(equalBytes(written[0]![i]!, written[1]![i]!), `file ${i}`);
    assert(equalBytes(written[0]![2]!, NEW));
  },
});
