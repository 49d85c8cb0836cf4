// @ts-types="../types/std_assert.d.ts"
import {
  assert,
  assertEquals,
  assertNotMatch,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import { ParasyncError } from "../errors.ts";
import { openNative } from "./native.ts";
import { openBackend } from "./select.ts";
import { countingBytes, NATIVE_AVAILABLE, strongHex, toHex } from "./test_backends.ts";

const SELECT_URL = new URL("./select.ts", import.meta.url).href;
const ROOT = new URL("../../", import.meta.url);
const LINUX = Deno.build.os === "linux";
const SKIPPED = NATIVE_AVAILABLE ? "" : " (skipped: the native libraries are not installed)";

// Opened before any test, because libraries stay open and a test would count that as a leak.
const { backend: auto, missing: autoMissing } = await openBackend("auto");

/** Runs a program of its own, so that its permissions and environment can differ. */
async function run(
  program: string,
  permissions: string[],
  env: Record<string, string> = {},
): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--ext=ts", "--no-check", ...permissions, "-"],
    cwd: ROOT,
    env,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const source = `import { openBackend } from ${JSON.stringify(SELECT_URL)};\n${program}`;
  await writer.write(new TextEncoder().encode(source));
  await writer.close();
  const { stdout, stderr, success } = await child.output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim();
}

const PRINT_MISSING = `
const { backend, missing } = await openBackend("1");
console.log(backend.name + "|" + missing);`;

Deno.test("choice 0 is portable and never asks for a library", async () => {
  const { backend, missing } = await openBackend("0");
  assertEquals(backend.name, "portable");
  assertEquals(missing, undefined);
  assertEquals(backend.weak(new TextEncoder().encode("123456789"), 0, 9), 0xcbf43926);
});

Deno.test({
  name: `choice auto is native where the libraries are${SKIPPED}`,
  ignore: !NATIVE_AVAILABLE,
  fn: async () => {
    assertEquals(auto.name, "native");
    assertEquals(autoMissing, undefined);
    assertStringIncludes(auto.description, "isal");
    assertStrictEquals((await openBackend("1")).backend, auto);
    assertStrictEquals((await openBackend("require")).backend, auto);
  },
});

Deno.test("choice 0 maps no library into the process, native does", {
  ignore: !LINUX || !NATIVE_AVAILABLE,
}, async () => {
  const maps = (choice: string) =>
    run(
      `const { backend } = await openBackend("${choice}");
       const maps = Deno.readTextFileSync("/proc/self/maps");
       console.log(backend.name, /libisal/.test(maps), /blake3|LLVM/.test(maps));`,
      ["-A"],
    );
  assertEquals(await maps("0"), "portable false false");
  assertEquals(await maps("auto"), "native true true");
});

Deno.test("without leave to load libraries, the portable backend says so in one line", async () => {
  const line = await run(PRINT_MISSING, ["--allow-read", "--allow-env"]);
  assert(line.startsWith("portable|Cannot open ISA-L"), line);
  assertStringIncludes(line, "--allow-ffi");
  assertNotMatch(line, /\n|apt-get/);
});

Deno.test("without leave to read the environment, the overrides count as unset", async () => {
  const line = await run(PRINT_MISSING, ["--allow-read"], { PARASYNC_LIBISAL: "/nowhere" });
  assert(line.startsWith("portable|Cannot open ISA-L: "), line);
});

Deno.test("an override to an absent file names it, the variable and what to install", async () => {
  const line = await run(PRINT_MISSING, ["-A"], { PARASYNC_LIBISAL: "/nowhere/libisal.so" });
  assert(line.startsWith("portable|Cannot open ISA-L (as PARASYNC_LIBISAL asks): "), line);
  assertStringIncludes(line, "not found as /nowhere/libisal.so");
  assertStringIncludes(line, "install");
  assertNotMatch(line, /\n|libisal\.so\.2/);
});

Deno.test("an empty override counts as unset", async () => {
  const line = await run(PRINT_MISSING, ["-A"], { PARASYNC_LIBISAL: "" });
  assertEquals(line.split("|")[0], NATIVE_AVAILABLE ? "native" : "portable");
});

Deno.test("require names the missing library in a usage error", async () => {
  const line = await run(
    `try { await openBackend("require"); } catch (error) {
       console.log(error.name, error.code, error.message);
     }`,
    ["-A"],
    { PARASYNC_LIBBLAKE3: "/nowhere/libblake3.so" },
  );
  assert(line.startsWith("ParasyncError usage Cannot use hardware checksums: "), line);
  assertStringIncludes(line, "PARASYNC_LIBBLAKE3");
  assertStringIncludes(line, "/nowhere/libblake3.so");
});

Deno.test({
  name: `require gives no error where the libraries are${SKIPPED}`,
  ignore: !NATIVE_AVAILABLE,
  fn: async () => assertEquals((await openBackend("require")).backend.name, "native"),
});

Deno.test({
  name: "require is an error where the libraries are not (skipped where they are)",
  ignore: NATIVE_AVAILABLE,
  fn: async () => {
    await assertRejects(() => openBackend("require"), ParasyncError, "Cannot use hardware");
  },
});

Deno.test("a library of another kind is refused, each with its reason", {
  ignore: !LINUX,
}, () => {
  const wrong = openNative({ isal: "libc.so.6" });
  assert("missing" in wrong);
  assertStringIncludes(wrong.missing, "libc.so.6 refused, it has no function crc32_");
  const both = openNative({ isal: "libc.so.6", blake3: "libm.so.6" });
  assert("missing" in both);
  assertStringIncludes(both.missing, "libm.so.6 refused, it has no function blake3_hasher_");
  assertStringIncludes(both.missing, "it has no function llvm_blake3_hasher_");
  assertNotMatch(both.missing, /\n/);
});

Deno.test("a Worker computes the same, on memory shared with this thread", async () => {
  const shared = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const memory = new Uint8Array(shared.buffer);
  memory.set(countingBytes(9274), 100);
  const source = `
    import { openBackend } from ${JSON.stringify(SELECT_URL)};
    self.onmessage = async ({ data }) => {
      const { backend } = await openBackend("auto");
      const memory = new Uint8Array(data.buffer);
      backend.strong(memory, 100, 100 + 9274, memory, 20000);
      self.postMessage({ name: backend.name, weak: backend.weak(memory, 100, 100 + 9274) });
    };`;
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const worker = new Worker(url, { type: "module" });
  try {
    const answer = await new Promise<{ name: string; weak: number }>((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
      worker.postMessage(shared);
    });
    assertEquals(answer.name, auto.name);
    assertEquals(answer.weak, auto.weak(memory, 100, 100 + 9274));
    const strong = toHex(memory.slice(20000, 20032));
    assertEquals(strong, strongHex(auto, memory, 100, 100 + 9274));
  } finally {
    worker.terminate();
    URL.revokeObjectURL(url);
  }
});
