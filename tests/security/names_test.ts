// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import type { FailureCode } from "../../src/errors.ts";
import { assertProblem } from "../problem.ts";
import { rawRequest } from "../raw_request.ts";
import { someBytes, Workspace } from "../workspace.ts";

const SECRET = "nothing of this may leave or change";

/** Names as they stand in a query, and what they are refused as; `{outside}` is a real path outside. */
const NAMES: readonly (readonly [name: string, code: FailureCode])[] = [
  ["../outside", "forbidden"],
  ["..%2foutside", "forbidden"],
  ["..%2Foutside", "forbidden"],
  ["%2e%2e/outside", "forbidden"],
  ["%2E%2E%2Foutside", "forbidden"],
  ["folder/../../outside", "forbidden"],
  ["folder/%2e%2e/a", "forbidden"],
  ["./../outside", "forbidden"],
  ["%252e%252e%252foutside", "not_found"],
  ["%252e%252e/outside", "not_found"],
  ["..%5coutside", "not_found"],
  ["..\\outside", "not_found"],
  ["%c0%ae%c0%ae/outside", "bad_request"],
  ["{outside}", "forbidden"],
  ["%2fetc%2fpasswd", "forbidden"],
  ["//etc/passwd", "forbidden"],
  ["{root}/../outside", "forbidden"],
  ["{root}x/outside", "forbidden"],
  ["{root}", "forbidden"],
  ["a%00", "bad_request"],
  ["a%00/../../outside", "bad_request"],
  ["%ff", "bad_request"],
  ["%", "bad_request"],
  ["%ed%a0%80", "bad_request"],
  ["folder/", "bad_request"],
  ["folder/.", "bad_request"],
  [".", "bad_request"],
  ["..", "forbidden"],
  ["/", "bad_request"],
  ["x".repeat(300), "bad_request"],
  ["x/".repeat(3000) + "x", "not_found"],
  ["folder", "file_selection"],
  ["a/b", "not_found"],
  ["link", "file_selection"],
  ["link-out", "file_selection"],
  ["folder-out/outside", "forbidden"],
  ["folder-out", "file_selection"],
  ["folder/up/outside", "forbidden"],
  ["loop/a", "file_selection"],
  ["dangling/a", "not_found"],
  [".parasync-0123456789abcdef0123456789abcdef.part", "forbidden"],
  [".PARASYNC-x", "forbidden"],
  ["%2eparasync-x/a", "forbidden"],
  ["a&basis_filename=../outside", "forbidden"],
  ["a&suffix=/../../outside", "bad_request"],
  ["a&suffix=%2f..%2foutside", "bad_request"],
  ["a&suffix=", "bad_request"],
];

/** A root with links that lead out, and a file beside it. */
function labyrinth(space: Workspace): string {
  const outside = join(space.path, "outside");
  fs.writeFileSync(outside, SECRET);
  space.old("a", someBytes(1000));
  fs.mkdirSync(join(space.root, "folder"));
  for (
    const [name, to] of [
      ["link", "a"],
      ["link-out", "../outside"],
      ["folder-out", ".."],
      ["folder/up", "../.."],
      ["loop", "loop"],
      ["dangling", "nowhere"],
    ] as const
  ) fs.symlinkSync(to, join(space.root, name));
  return outside;
}

Deno.test("no name leads out of the root, over a plain socket", async (test) => {
  await using space = new Workspace();
  const outside = labyrinth(space);
  const before = fs.statSync(outside);
  const server = await space.serve();
  const listed = fs.readdirSync(space.path).sort();
  for (const [pattern, code] of NAMES) {
    const name = pattern.replace("{outside}", outside).replace("{root}", space.root);
    await test.step(`${pattern.slice(0, 60)} is refused as ${code}`, async () => {
      for (const more of ["", "&target=new", "&hw=1&thread_num=2&mode=3"]) {
        const answer = await rawRequest(server.port, {
          method: "POST",
          target: `/csums_queue?basis_filename=${name}${more}`,
        });
        const detail = assertProblem(answer, code);
        assert(!detail.includes(SECRET));
        if (!name.includes(space.path)) assert(!detail.includes(space.path), detail);
      }
    });
  }
  assertEquals(fs.readFileSync(outside, "utf8"), SECRET);
  assertEquals(fs.statSync(outside).mtimeMs, before.mtimeMs);
  assertEquals(fs.readdirSync(space.path).sort(), listed);
  await space.untouched("a", someBytes(1000));
});

Deno.test("a target that is to be created stays in the root as well", async (test) => {
  await using space = new Workspace();
  labyrinth(space);
  const server = await space.serve();
  const listed = fs.readdirSync(space.path, { recursive: true }).map(String).sort();
  for (
    const name of ["../new", "%2e%2e%2fnew", "folder-out/new", "dangling", "/tmp/parasync-new"]
  ) {
    await test.step(name, async () => {
      const target = `/csums_queue?basis_filename=${name}&target=replace`;
      const { status } = await rawRequest(server.port, { method: "POST", target });
      assertEquals(status, 403);
    });
  }
  await space.clean();
  assertEquals(fs.readdirSync(space.path, { recursive: true }).map(String).sort(), listed);
});

Deno.test("dots in the path of a request lead to no endpoint", async () => {
  await using space = new Workspace();
  const server = await space.serve(["--prefix=/sync"]);
  for (
    const [target, status] of [
      ["/sync/healthz", 200],
      ["/healthz", 404],
      ["/sync/../healthz", 404],
      ["/sync/%2e%2e/sync/nothing", 404],
      ["/sync//healthz", 404],
      ["/sync/healthz/", 404],
      ["/sync/constructor", 404],
      ["/sync/__proto__", 404],
      ["*", 404],
    ] as const
  ) {
    const answer = await rawRequest(server.port, { target });
    assert(answer.status === status || answer.status === 400, `${target}: ${answer.status}`);
  }
});
