/** `compile.sh` itself, with a stand-in for the compiler; what a real one makes the other tests here run. */
// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ORIGINAL_NAMES } from "./executables.ts";

const SCRIPT = fileURLToPath(new URL("../../compile.sh", import.meta.url));
const ignore = Deno.build.os === "windows";
const EXECUTABLES = ["parasync", "parasync-client", "parasync-server"];

/** Says a version, writes down what it is called with, and makes "executables" that say a version too. */
const STAND_IN = `#!/bin/sh
case $1 in
  --version) echo "deno $STAND_IN (stable, release, x86_64-unknown-linux-gnu)"; exit ;;
  install) exit ;;
esac
echo "$@" >>"$LOG"
case " $* " in
  *"$FAILS"*)
    echo "error: Writing deno compile executable to temporary file 'x'" >&2
    echo >&2
    echo "Caused by:" >&2
    echo "    0: Setting up base binary." >&2
    echo "    1: error sending request for url (https://example.net/denort.zip): client error (Connect)" >&2
    echo >&2
    echo "Stack backtrace:" >&2
    echo "   0: <unknown>" >&2
    exit 1 ;;
esac
while [ "$1" != --output ]; do shift; done
printf '#!/bin/sh\\necho "parasync 0.1.0 (deno %s, v8)"\\n' "$MADE" >"$2"
chmod +x "$2"
`;

/** A folder with a copy of the script and the stand-in. */
class Bench implements Disposable {
  readonly path = fs.realpathSync(Deno.makeTempDirSync({ prefix: "parasync-compile-" }));

  constructor() {
    fs.copyFileSync(SCRIPT, join(this.path, "compile.sh"));
    fs.mkdirSync(join(this.path, "ffi"));
    fs.writeFileSync(join(this.path, "deno"), STAND_IN, { mode: 0o755 });
  }

  /** Runs the script to its end. */
  run(
    flags: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
  ): { readonly code: number; readonly stdout: string; readonly stderr: string } {
    const version = env.STAND_IN ?? "2.8.2";
    const { code, stdout, stderr } = new Deno.Command("bash", {
      args: [join(this.path, "compile.sh"), ...flags],
      clearEnv: true,
      env: {
        PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
        DENO: join(this.path, "deno"),
        LOG: join(this.path, "log"),
        STAND_IN: version,
        MADE: version,
        FAILS: "nothing of this",
        ...env,
      },
    }).outputSync();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  }

  /** The command lines of the compiler. */
  calls(): string[] {
    return fs.readFileSync(join(this.path, "log"), "utf8").trimEnd().split("\n");
  }

  /** What lies in a folder, hidden files too. */
  list(folder = "dist"): string[] {
    const path = join(this.path, folder);
    return fs.existsSync(path) ? fs.readdirSync(path).sort() : [];
  }

  [Symbol.dispose](): void {
    fs.rmSync(this.path, { recursive: true, force: true });
  }
}

function test(name: string, fn: (bench: Bench) => void): void {
  Deno.test({
    name: `compile.sh ${name}`,
    ignore,
    fn() {
      using bench = new Bench();
      fn(bench);
    },
  });
}

/** Asserts one line on stderr, nothing on stdout, nothing in dist. */
function assertRefused(bench: Bench, outcome: ReturnType<Bench["run"]>, line: RegExp): void {
  const { code, stdout, stderr } = outcome;
  assertMatch(stderr, line);
  assertMatch(stderr, /^compile\.sh: Cannot [^\n]+[^.\n]\n$/);
  assertEquals([code, stdout, bench.list(), bench.list("ffi")], [1, "", [], []], stderr);
}

test("makes three executables, eighteen links and their digests, and prints sizes", (bench) => {
  const { code, stdout, stderr } = bench.run();
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^( +\d+\.\d MB {2}dist\/parasync(-server|-client)?\n){3}$/);
  assertEquals(bench.list(), [...EXECUTABLES, ...ORIGINAL_NAMES, "SHA256SUMS"].sort());
  for (const name of ORIGINAL_NAMES) {
    const holder = /_(server|client|test)$/.exec(name)![1] === "test"
      ? "parasync"
      : `parasync-${/_(server|client)$/.exec(name)![1]}`;
    assertEquals(fs.readlinkSync(join(bench.path, "dist", name)), holder);
  }
});

test("gives each executable no more than its work needs", (bench) => {
  bench.run();
  for (const call of bench.calls()) {
    assertMatch(call, / --no-prompt /);
    assertMatch(call, / --no-code-cache /);
    assertMatch(call, / --include src\/workers\/lane_worker\.ts /);
    assertNotMatch(call, / (-A|--allow-all|--allow-import)\b/);
    if (call.endsWith("/parasync main.ts")) continue;
    // Of these a part is enough.
    assertNotMatch(call, / --allow-(run|sys|env)( |$)/);
  }
});

test("--no-links leaves the original's names out and takes those of before away", (bench) => {
  bench.run();
  assertEquals(bench.run(["--no-links"]).code, 0);
  assertEquals(bench.list(), ["SHA256SUMS", ...EXECUTABLES]);
});

test("compiles for other systems, each into its own folder, Windows without links", (bench) => {
  const { code } = bench.run(["--target", "linux-arm64", "--target=x86_64-pc-windows-msvc"]);
  assertEquals([code, bench.list()], [0, ["aarch64-unknown-linux-gnu", "x86_64-pc-windows-msvc"]]);
  assertEquals(bench.list("dist/aarch64-unknown-linux-gnu").length, 22);
  const windows = EXECUTABLES.map((name) => `${name}.exe`).sort();
  assertEquals(bench.list("dist/x86_64-pc-windows-msvc"), ["SHA256SUMS", ...windows]);
  const triples = bench.calls().map((call) => / --target (\S+)/.exec(call)?.[1]);
  assertEquals([...new Set(triples)], ["aarch64-unknown-linux-gnu", "x86_64-pc-windows-msvc"]);
});

test("refuses flags, targets and combinations that there are not", (bench) => {
  const refused = (flags: readonly string[], line: RegExp, env = {}): void =>
    assertRefused(bench, bench.run(flags, env), line);
  refused(["--nolinks"], /Cannot use --nolinks: there is no such flag/);
  refused(["linux-x64"], /Cannot use linux-x64: there is no such flag/);
  refused(["--target"], /--target: it needs a value/);
  refused(["--target="], /a target without a name: there is no such target/);
  refused(["--target=bsd-x64"], /Cannot compile for bsd-x64: there is no such target/);
  refused(["--target=macos-arm64"], /DENORT_BIN is a base binary for x86_64/, { DENORT_BIN: "x" });
  refused(["--target=linux-arm64", "--bundle-libs"], /--bundle-libs embeds libraries of x86_64/);
  refused([], /Cannot find nowhere: install Deno/, { DENO: "nowhere" });
});

test("takes the host's own target with DENORT_BIN", (bench) => {
  assertEquals(bench.run(["--target=linux-x64"], { DENORT_BIN: "x" }).code, 0);
  assertEquals(bench.list("dist/x86_64-unknown-linux-gnu").length, 22);
});

test("without a base binary says so in a line, and leaves nothing", (bench) => {
  const line = /for x86_64-unknown-linux-gnu: the base binary of Deno 2\.8\.2 cannot be had; .*url/;
  assertRefused(bench, bench.run([], { FAILS: "/parasync main.ts" }), line);
  assertRefused(bench, bench.run([], { FAILS: "/parasync-client main.ts" }), line);
});

test("that fails leaves the executables of before as they were", (bench) => {
  bench.run();
  const before = bench.list();
  assertEquals(bench.run([], { FAILS: "/parasync-client main.ts" }).code, 1);
  assertEquals(bench.list(), before);
});

test("refuses a base binary of another version", (bench) => {
  assertRefused(bench, bench.run([], { MADE: "2.4.2" }), /must be of Deno 2\.8\.2/);
});

test("warns of the versions whose server is slow, and of no other", (bench) => {
  const warned = ["2.4.2", "2.8.2", "2.8.3", "2.8.12", "2.9.0", "2.9.6", "2.9.7", "2.10.0", "3.8.5"]
    .filter((version) =>
      bench.run([], { STAND_IN: version }).stderr.includes("several times slower")
    );
  assertEquals(warned, ["2.8.3", "2.8.12", "2.9.0", "2.9.6"]);
});

test("--bundle-libs embeds the libraries that it is told of", (bench) => {
  const [isal, blake3] = ["isal", "blake3"].map((name) => join(bench.path, name));
  fs.writeFileSync(isal!, "");
  const env = { PARASYNC_LIBISAL: isal!, PARASYNC_LIBBLAKE3: blake3! };
  assertRefused(bench, bench.run(["--bundle-libs"], env), /blake3: there is no such file/);
  fs.writeFileSync(blake3!, "");
  assertEquals(bench.run(["--bundle-libs"], env).code, 0);
  assert(bench.calls().every((call) => call.includes(" --include ffi/embedded ")));
  assertEquals(bench.list("ffi"), [], "what was embedded stays behind");
});

test("--help tells targets and environment", (bench) => {
  const { code, stdout, stderr } = bench.run(["--help"], { DENO: "nowhere" });
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /linux-arm64[^]*windows-x64[^]*DENORT_BIN/);
});
