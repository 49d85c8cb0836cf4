// @ts-types="../../src/types/std_assert.d.ts"
import { assert } from "@std/assert";
import fs from "node:fs";
import { fileURLToPath } from "node:url";
import { assertSucceeded } from "../outcome.ts";
import { run, Server } from "../program.ts";
import { concat, someBytes, Workspace } from "../workspace.ts";

const SECURITY = fileURLToPath(new URL("../../SECURITY.md", import.meta.url));

const OLD = someBytes(9 << 20, 1);
const NEW = concat(someBytes(1000, 2), OLD);

/** The permissions that SECURITY.md says are enough for a server, for another port and folder. */
function permissions(root: string, port: number): string[] {
  const command = /deno run (--no-prompt[^]*?) main\.ts serve/.exec(
    fs.readFileSync(SECURITY, "utf8"),
  );
  assert(command !== null, "SECURITY.md has no such command");
  return command[1]!.replaceAll("\\\n", " ").split(/\s+/)
    .map((flag) => flag.replaceAll("/srv/images", root).replace(":19876", `:${port}`));
}

Deno.test("the permissions that SECURITY.md gives a server are enough for it", async () => {
  await using space = new Workspace();
  for (const more of [[], ["--allow-ffi"]]) {
    space.old("f", OLD);
    const port = freePort();
    const server = space.with(
      await Server.start(space.root, [`--port=${port}`, "--hw=auto"], {
        permissions: [...permissions(space.root, port), ...more],
      }),
    );
    assertSucceeded(await run(["push", space.new(NEW), `${server.url}/f`, "--quiet"]));
    await space.untouched("f", NEW);
  }
});

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
