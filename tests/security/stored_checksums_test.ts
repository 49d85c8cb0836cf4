/** Whose questions have a server store the checksums that it computed for them. */
// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import { rawRequest } from "../raw_request.ts";
import { sleep, someBytes, Workspace } from "../workspace.ts";

const TOKENS = "t0ken-all\nt0ken-read read-only\n";

/** How long to wait, in turns, for a file to be old enough for its checksums to be kept: it takes 2 s. */
const TURNS = 300;

Deno.test("whoever may only look does not have checksums stored, nor does a dry run", async () => {
  await using space = new Workspace();
  space.old("a", someBytes(50_000));
  const tokens = space.new(TOKENS, "tokens");
  fs.chmodSync(tokens, 0o600);
  const store = join(space.path, "sums");
  const server = await space.serve([`--token-file=${tokens}`, `--store=${store}`]);
  const stored = (): number => fs.existsSync(store) ? fs.readdirSync(store).length : 0;
  const ask = async (token: string, more = ""): Promise<number> => {
    const answer = await rawRequest(server.port, {
      target: `/signature?basis_filename=a&scheme=skysync_f&hw=0${more}`,
      headers: { authorization: `Bearer ${token}` },
    });
    assertEquals(answer.status, 200, answer.body);
    return stored();
  };
  for (let turn = 0; await ask("t0ken-all") === 0; turn++) {
    assert(turn < TURNS, "nobody has them stored");
    await sleep(20);
  }
  fs.rmSync(store, { recursive: true });
  assertEquals(await ask("t0ken-read"), 0, "a token to look with");
  assertEquals(await ask("t0ken-all", "&look=1"), 0, "a dry run");
  assertEquals(await ask("t0ken-all"), 1, "a token for everything");
});
