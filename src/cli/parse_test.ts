// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertRejects } from "@std/assert";
import { ParasyncError } from "../errors.ts";
import type { OptionsOf } from "./options.ts";
import { parseArguments, parseCommand } from "./parse.ts";

type Variables = Readonly<Record<string, string>>;

function words(line: string): string[] {
  return line.split(" ").filter((word) => word !== "");
}

async function pushed(line: string, env: Variables = {}): Promise<OptionsOf<"push">> {
  return (await parseArguments("push", [...words(line), "--", "a", "b"], (name) => env[name]))
    .values;
}

async function refusal(line: string, program = "parasync", env: Variables = {}): Promise<string> {
  const error = await assertRejects(
    () => parseCommand(program, words(line), (name) => env[name]),
    ParasyncError,
  );
  assertEquals(error.code, "usage");
  return error.message;
}

Deno.test("all of gflags' spellings of a flag mean the same", async () => {
  for (
    const line of [
      "--threads=7",
      "--threads 7",
      "-threads=7",
      "-threads 7",
      "--thread_num=7",
      "-thread_num 7",
      "--thread-num=7",
      "-T 7",
      "-T=7",
    ]
  ) assertEquals((await pushed(line)).threads, 7, line);
});

Deno.test("booleans and the hardware switch take every form, and no argument that is not theirs", async () => {
  const cases: [string, string, boolean][] = [
    ["--hw --json", "1", true],
    ["-hw -json", "1", true],
    ["--hw=true --json=true", "1", true],
    ["--hw=1 --json=1", "1", true],
    ["--hw 1 --json=on", "1", true],
    ["--nohw --nojson", "0", false],
    ["--no-hw --no-json", "0", false],
    ["-nohw -nojson", "0", false],
    ["--hw=false --json=false", "0", false],
    ["--hw=0 --json=0", "0", false],
    ["--hw 0", "0", false],
    ["--hw require", "require", false],
    ["", "auto", false],
  ];
  for (const [line, hw, json] of cases) {
    const options = await pushed(line);
    assertEquals([options.hw, options.json], [hw, json], line);
  }
  const parsed = await parseArguments(
    "push",
    ["--hw", "new.img", "--json", "http://h/x"],
    () => undefined,
  );
  assertEquals(parsed.positionals, ["new.img", "http://h/x"]);
  assertEquals(parsed.values.hw, "1");
});

Deno.test("the last of a flag given twice wins, and repeatable ones are collected", async () => {
  assertEquals((await pushed("--threads=3 --thread_num=5")).threads, 5);
  assertEquals((await pushed("--json --nojson")).json, false);
  const { values } = await parseArguments(
    "serve",
    ["--allowed-host=a", "--allowed-host", "b"],
    () => undefined,
  );
  assertEquals(values.allowedHost, ["a", "b"]);
});

Deno.test("a flag goes before its environment variable, which goes before its default", async () => {
  const env = { PARASYNC_THREADS: "3", PARASYNC_JSON: "1", PARASYNC_MODE: "" };
  assertEquals((await pushed("--threads=5", env)).threads, 5);
  const options = await pushed("", env);
  assertEquals([options.threads, options.json, options.mode], [3, true, "streaming"]);
  assertEquals((await pushed("--nojson", env)).json, false);
  assertEquals((await pushed("", { PARASYNC_THREAD_NUM: "6" })).threads, 6);
});

Deno.test("alone names the flags that stood without the value they may have, as the last of them did", async () => {
  const aloneIn = async (...args: readonly string[]): Promise<string[]> => {
    const env = (name: string) => name === "PARASYNC_STORE" ? "beside" : undefined;
    const { alone } = await parseArguments("signature", ["old", ...args], env);
    return [...alone];
  };
  assertEquals(await aloneIn("--store"), ["store"]);
  assertEquals(await aloneIn("--store=beside", "--store"), ["store"]);
  assertEquals(await aloneIn("--store", "--store=beside"), []);
  assertEquals(await aloneIn(), []);
});

Deno.test("given names the flags of the command line alone", async () => {
  const parsed = await parseArguments(
    "push",
    ["a", "b", "--nohw"],
    (name) => name === "PARASYNC_THREADS" ? "3" : undefined,
  );
  assertEquals([...parsed.given], ["hw"]);
  assertEquals([...parsed.alone], []);
});

Deno.test("positional arguments stay as they were written", async () => {
  const cases: [string[], string[]][] = [
    [["007", "1e3"], ["007", "1e3"]],
    [["--", "--json", "-"], ["--json", "-"]],
    [["-", "--threads=1", "a b"], ["-", "a b"]],
    [["a", "--", "--"], ["a", "--"]],
  ];
  for (const [args, positionals] of cases) {
    assertEquals((await parseArguments("push", args, () => undefined)).positionals, positionals);
  }
});

const REFUSALS: readonly [line: string, message: string][] = [
  ["", "Cannot run parasync: a command is missing (see parasync --help)"],
  [
    "sevre",
    "Cannot run sevre: there is no such command; did you mean serve? (see parasync --help)",
  ],
  ["--json push", "Cannot use --json: a command comes first (see parasync --help)"],
  ["push", "Cannot run push: NEW and URL are missing (see parasync push --help)"],
  ["push a", "Cannot run push: URL is missing (see parasync push --help)"],
  ["push a b c", "Cannot use argument c: push takes only NEW URL (see parasync push --help)"],
  ["serve x", "Cannot use argument x: serve takes no arguments (see parasync serve --help)"],
  [
    "push a b --treads=3",
    "Cannot use --treads: push has no such flag; did you mean --threads? (see parasync push --help)",
  ],
  ["push a b --colour", "Cannot use --colour: push has no such flag (see parasync push --help)"],
  [
    "push a b --root=.",
    "Cannot use --root: it is a flag of serve, doctor, the original's servers, not of push " +
    "(see parasync push --help)",
  ],
  [
    "push a b --__proto__=1",
    "Cannot use --__proto__: push has no such flag (see parasync push --help)",
  ],
  ["push a b -x", "Cannot use --x: push has no such flag (see parasync push --help)"],
  ["push a b ---", "Cannot use --: push has no such flag (see parasync push --help)"],
  ["push a b --timeout", "Cannot use --timeout: a value is missing"],
  ["push a b --nohw=1", "Cannot use --nohw=1: it takes no value"],
  [
    "push a b --nothreads",
    "Cannot use --nothreads: push has no such flag; did you mean --threads? (see parasync push --help)",
  ],
  ["push a b --thread_num=0", "Cannot use --threads=0: it must be 1 to 256, auto or cores"],
  [
    "parasync_http_client --new=x",
    "Cannot run parasync_http_client: --basis_filename is missing " +
    "(see parasync parasync_http_client --help)",
  ],
];

for (const [line, message] of REFUSALS) {
  Deno.test(`parasync ${line || "alone"} is refused with the reason`, async () => {
    assertEquals(await refusal(line), message);
  });
}

Deno.test("a program of one command hints by its own name", async () => {
  const message = await refusal("--prot=3", "/usr/bin/parasync-server");
  assertEquals(
    message,
    "Cannot use --prot: serve has no such flag; did you mean --port? (see parasync-server --help)",
  );
});

Deno.test("a bad value in the environment names the variable", async () => {
  const message = await refusal("push a b", "parasync", { PARASYNC_THREADS: "many" });
  assertEquals(message, "Cannot use PARASYNC_THREADS=many: it must be 1 to 256, auto or cores");
});

Deno.test("the original's client is called as its documentation says", async () => {
  const line = "-basis_filename=/srv/old -new_filename=./new -server_ip=192.168.1.100 " +
    "-server_port=8080 -hw=false -thread_num=8 -mode 1";
  for (
    const [program, args] of [
      ["./parasync_http_client", words(line)],
      ["parasync", ["parasync_http_client", ...words(line)]],
    ] as const
  ) {
    const parsed = await parseCommand(program, args, () => undefined);
    assert(parsed.command === "parasync_http_client");
    const { values } = parsed;
    assertEquals(
      [values.basisFilename, values.newFilename, values.serverIp, values.serverPort],
      ["/srv/old", "./new", "192.168.1.100", 8080],
    );
    assertEquals([values.hw, values.threads, values.mode], ["0", 8, "pipeline-v3"]);
  }
});

Deno.test("the original's defaults hold under the original's names", async () => {
  const client = await parseArguments(
    "parasync_http_client",
    ["--basis=o", "--new=n"],
    () => undefined,
  );
  const { serverIp, serverPort, hw, threads, mode, suffix } = client.values;
  assertEquals([serverIp, serverPort, hw, threads, mode, suffix], [
    "127.0.0.1",
    19876,
    "0",
    4,
    "streaming",
    ".new",
  ]);
  const server = await parseArguments("parasync_http_server", [], () => undefined);
  assertEquals([server.values.port, server.values.host], [19876, "127.0.0.1"]);
});

Deno.test("help and version are found wherever they stand, except after --", async () => {
  const cases: [string, string, string[]][] = [
    ["--help", "help", []],
    ["-h", "help", []],
    ["-help", "help", []],
    ["help push", "help", ["push"]],
    ["--help push", "help", ["push"]],
    ["push --help", "help", ["push"]],
    ["push --nonsense --help", "help", ["push"]],
    ["help --help", "help", []],
    ["--version", "version", []],
    ["-V", "version", []],
    ["push a b -V", "version", []],
    ["push -- --help --version", "push", ["--help", "--version"]],
  ];
  for (const [line, command, positionals] of cases) {
    const parsed = await parseCommand("parasync", words(line), () => undefined);
    assertEquals([parsed.command, parsed.positionals], [command, positionals], line);
  }
  const asProgram = await parseCommand("parasync-client", ["--help"], () => undefined);
  assertEquals(asProgram.positionals, ["push"]);
  const json = await parseCommand("parasync", ["--version", "--json"], () => undefined);
  assert(json.command === "version" && json.values.json);
});
