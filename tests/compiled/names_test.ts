// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertMatch } from "@std/assert";
import { createHash } from "node:crypto";
import fs from "node:fs";
import { join } from "node:path";
import { SCHEME_NAMES } from "../../src/schemes/scheme_name.ts";
import { assertSucceeded, assertSummary } from "../outcome.ts";
import { run } from "../program.ts";
import { concat, equalBytes, someBytes, Workspace } from "../workspace.ts";
import { COMPILED_ONLY, executable, ORIGINAL_NAMES } from "./executables.ts";

const OLD = someBytes(400_000, 1);
const NEW = concat(OLD.subarray(0, 150_000), someBytes(6_000, 2), OLD.subarray(150_000));
const ignore = COMPILED_ONLY !== "";

Deno.test({
  name: `beside the executables are relative links of the original's names${COMPILED_ONLY}`,
  ignore,
  fn() {
    for (const name of ORIGINAL_NAMES) {
      assertMatch(fs.readlinkSync(executable(name)), /^parasync(-server|-client)?$/, name);
    }
  },
});

Deno.test({
  name: `SHA256SUMS holds the executables' digests${COMPILED_ONLY}`,
  ignore,
  fn() {
    const lines = fs.readFileSync(executable("SHA256SUMS"), "utf8").trimEnd().split("\n");
    const names = lines.map((line) => {
      const [, digest, name] = /^([0-9a-f]{64}) [ *](\S+)$/.exec(line) ?? [];
      const content = fs.readFileSync(executable(name!));
      assertEquals(createHash("sha256").update(content).digest("hex"), digest, name!);
      return name!;
    });
    assertEquals(names.sort(), ["parasync", "parasync-client", "parasync-server"]);
  },
});

for (const scheme of SCHEME_NAMES) {
  Deno.test({
    name: `${scheme}_http_server, …_client and …_test are programs of ${scheme}${COMPILED_ONLY}`,
    ignore,
    async fn() {
      await using space = new Workspace();
      const old = space.old("a", OLD);
      const file = space.new(NEW);
      const server = await space.serve([], {
        executable: executable(`${scheme}_http_server`),
        command: "",
      });
      const place = [`--server_ip=127.0.0.1`, `--server_port=${server.port}`];
      const files = ["--basis_filename=a", `--new_filename=${file}`];
      for (const hw of ["0", "1"]) {
        const own = await run([...place, ...files, `--hw=${hw}`, "--json"], {
          executable: executable(`${scheme}_http_client`),
        });
        assertEquals(assertSummary(own).scheme, scheme);
        assertTaken(join(space.root, "a.new"));
        const test = await run([old, file, hw], { executable: executable(`${scheme}_test`) });
        assertMatch(assertSucceeded(test), /a\.patch: verified in /);
        assertTaken(join(space.root, "a.patch"));
      }
      await space.untouched("a", OLD);
    },
  });
}

/** Asserts that a file is the new one, and removes it. */
function assertTaken(path: string): void {
  assert(equalBytes(fs.readFileSync(path), NEW), path);
  fs.rmSync(path);
}
