// @ts-types="../src/types/std_assert.d.ts"
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import fs from "node:fs";
import { fileURLToPath } from "node:url";
import { crc32 } from "node:zlib";
import { TestFolder } from "../src/files/test_folder.ts";
import { makePair } from "./pairs.ts";

const DEMO = fileURLToPath(new URL("./demo.ts", import.meta.url));

/** A demo whose temporary files go to a folder of their own. */
function demo(folder: TestFolder, ...args: string[]): Deno.ChildProcess {
  fs.mkdirSync(folder.join("tmp"));
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", DEMO, ...args],
    env: { TMPDIR: folder.join("tmp"), NO_COLOR: "1", PARASYNC_TOKEN: "of another server" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function ended(
  child: Deno.ChildProcess,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** What must not change in a person's own file. */
function stateOf(path: string): readonly number[] {
  return [crc32(fs.readFileSync(path)), fs.statSync(path).mtimeMs];
}

/** What the demo left in its folder for temporary files; Deno's own are not its business. */
function left(folder: TestFolder): string[] {
  return fs.readdirSync(folder.join("tmp")).filter((name) => name.startsWith("parasync"));
}

Deno.test("the demo pushes one's own files, says what it showed and leaves them as they were", async () => {
  using folder = new TestFolder();
  const { oldFile, newFile } = await makePair(folder.path, "scatter-4m");
  const before = [oldFile, newFile].map(stateOf);
  const { code, stdout, stderr } = await ended(demo(folder, "--hw=0", oldFile, newFile));
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /Starting a server +http:\/\/127\.0\.0\.1:\d+, over a temporary folder\n/);
  const size = fs.statSync(newFile).size.toLocaleString("en");
  assert(stdout.includes(`${size} bytes, all equal`), stdout);
  assertMatch(
    stdout,
    /✔ 4\.19 MB brought up to date in .+ by sending .+ of the file; verified byte for byte\.\n/,
  );
  // Where the libraries are missing the demo says that instead, whatever was asked for.
  assertMatch(stdout, /portable code, (as --hw=0 asks|which works everywhere)/);
  const after = [oldFile, newFile].map(stateOf);
  assertEquals(after, before);
  assertEquals(left(folder), []);
});

Deno.test("the demo says in one line what is wrong with its files and leaves nothing", async () => {
  using folder = new TestFolder();
  const { code, stderr } = await ended(demo(folder, DEMO, folder.join("absent")));
  assertEquals(code, 3);
  assertMatch(stderr, /^parasync: Cannot open \S+absent: it does not exist\n$/);
  assertEquals(left(folder), []);
});

Deno.test("the demo takes two files or none", async () => {
  using folder = new TestFolder();
  const { code, stderr } = await ended(demo(folder, DEMO));
  assertEquals(code, 1);
  assertMatch(stderr, /^parasync: Cannot show a demo: it takes OLD and NEW, or no file.*\n$/);
});

Deno.test({
  name: "an interrupted demo ends its server and leaves nothing",
  ignore: Deno.build.os === "windows", // There are no signals to send.
  async fn() {
    using folder = new TestFolder();
    const child = demo(folder);
    let text = "";
    let server: RegExpExecArray | null = null;
    const decoder = new TextDecoder();
    const reader = child.stdout.getReader();
    while (server === null) {
      const { done, value } = await reader.read();
      assert(!done, text);
      text += decoder.decode(value, { stream: true });
      server = /Starting a server +(http:\/\/127\.0\.0\.1:(\d+))/.exec(text);
    }
    const answer = await fetch(`${server[1]}/healthz`);
    assertEquals(await answer.text(), "ok\n");
    assert(left(folder).length > 0);
    child.kill("SIGINT");
    // Whoever started it may pass the terminal's signal on a second time.
    child.kill("SIGINT");
    reader.releaseLock();
    const { code, stderr } = await ended(child);
    assertEquals(code, 20);
    assertMatch(stderr, /^parasync: Cannot go on: interrupted by SIGINT\n$/);
    assertEquals(left(folder), []);
    await assertRejects(() => Deno.connect({ port: Number(server[2]) }));
  },
});
