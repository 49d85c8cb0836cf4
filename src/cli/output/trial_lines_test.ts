// @ts-types="../../types/std_assert.d.ts"
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { TEST_SUMMARY } from "./test_comparison.ts";
import { renderTrial } from "./trial_lines.ts";

/** The lines of a trial without the notes below them. */
function lines(...args: Parameters<typeof renderTrial>): string[] {
  return renderTrial(...args).trimEnd().split("\n").filter((line) => !line.startsWith("  ("));
}

const CHOSEN = { kind: "chosen" } as const;

Deno.test("rsync_test says signature, search and patch in the original's words and order", () => {
  const stages = {
    "client signature": 300,
    "client search": 900.5,
    "server signature": 300.25,
    "server receive": 100,
  };
  assertEquals(lines({ ...TEST_SUMMARY, stages }, "rsync", CHOSEN), [
    "Using hardware accelerated hashing algorithm",
    "Server Signature generation completed in 0.300250 seconds",
    "Client Rolling and Delta generation completed in 0.900500 seconds",
    "Server Patch delta applied in 0.100000 seconds",
  ]);
});

Deno.test("skysync_f_test counts getting the checksums to each end's work, and says where they were", () => {
  const summary = {
    ...TEST_SUMMARY,
    checksumsClient: "computed",
    checksumsServer: "stored",
    stages: {
      "client checksums-computed": 50,
      "client search": 200,
      "server checksums-stored": 4,
      "server receive": 100,
    },
  };
  const [, signature, search] = lines(summary, "skysync_f", CHOSEN);
  assertEquals(signature, "Server Signature generation completed in 0.004000 seconds");
  assertEquals(search, "Client Rolling and Delta generation completed in 0.250000 seconds");
  const all = renderTrial(summary, "skysync_f", CHOSEN);
  assertStringIncludes(all, "Block checksums: client computed, server stored");
});

for (const scheme of ["dsync", "skysync_c"] as const) {
  Deno.test(`${scheme}_test says six times in the original's words and order`, () => {
    const stages = {
      "client chunk": 500,
      "client match": 200,
      "client send": 40,
      "server chunk": 501,
      "server match": 300,
      "server receive": 60,
    };
    assertEquals(lines({ ...TEST_SUMMARY, stages }, scheme, CHOSEN).slice(1), [
      "Server Serial CDC time,0.501000",
      "Client Serial CDC time,0.500000",
      "Server Compare Weak Hash time,0.300000",
      "Client Calculate Strong Hash time,0.200000",
      "Client Generate Delta time,0.040000",
      "Server Patch Delta time,0.060000",
    ]);
  });
}

Deno.test("pdsync_test adds both ends' stages up, parasync_test has one stage and says so", () => {
  const stages = {
    "client chunk": 40,
    "client mark": 30,
    "client select": 10,
    "server chunk": 41,
    "server mark": 20,
    "server select": 5,
    "server match": 7,
    "client match": 8,
  };
  const serial = lines({ ...TEST_SUMMARY, stages }, "pdsync", CHOSEN);
  assertEquals(serial.slice(1), [
    "Parallel CDC Stage 1,0.050000",
    "Parallel CDC Stage 2,0.015000",
    "Server: parallel Wmatcher, 0.007000",
    "Client: parallel Smatcher, 0.008000",
    "Client Generate Delta time,0.000000",
    "Server Patch Delta time,0.000000",
  ]);
  const summary = { ...TEST_SUMMARY, mode: "streaming", stages };
  const [, first, second] = lines(summary, "parasync", CHOSEN);
  assertEquals([first, second], [
    "Parallel CDC Stage 1,0.041000",
    "Parallel CDC Stage 2,0.000000",
  ]);
  const all = renderTrial(summary, "parasync", CHOSEN);
  assertStringIncludes(all, "there is no stage 2");
  assertStringIncludes(all, "All stages run at the same time");
  assert(!renderTrial({ ...summary, mode: "flow-graph" }, "parasync", CHOSEN).includes("All st"));
});

Deno.test("the first line says what hashing was used, and why not what was asked for", () => {
  const used = (hwRequested: string, hwClient: string) => ({
    ...TEST_SUMMARY,
    hwRequested,
    hwClient,
  });
  const first = (...args: Parameters<typeof renderTrial>) => lines(...args)[0];
  const plain = "Using non-hardware accelerated hashing algorithm";
  assertEquals(first(used("0", "portable"), "rsync", CHOSEN), plain);
  assertEquals(
    first(used("0", "portable"), "rsync", { kind: "default" }),
    `${plain} (default)`,
  );
  assertEquals(
    first(used("1", "portable"), "rsync", CHOSEN),
    `${plain} (the libraries are missing)`,
  );
  assertEquals(
    first(used("0", "portable"), "rsync", { kind: "invalid", text: "7\x1b" }),
    "Invalid hash algorithm 7\\x1b, using non-hardware accelerated hashing algorithm",
  );
});
