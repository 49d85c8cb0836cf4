// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ParasyncError } from "../errors.ts";
import { VERSION } from "../version.ts";
import type { CommandContext, OptionsOf } from "./command.ts";
import { LOADERS, type Loaders } from "./loaders.ts";
import { run } from "./main.ts";
import { testOutput } from "./output/test_output.ts";

type Push = (
  options: OptionsOf<"push">,
  positionals: readonly string[],
  context: CommandContext,
) => number | Promise<number>;

/** Runs a command line whose `push` and `serve` are the test's own. */
async function ran(line: string, push: Push = () => 0, env: Record<string, string> = {}) {
  const stdout = testOutput();
  const stderr = testOutput();
  const controller = new AbortController();
  let caught = 0;
  const loaders: Loaders = {
    ...LOADERS,
    push: () => Promise.resolve({ run: push }),
    serve: () =>
      Promise.resolve({
        run(_options, _positionals, context) {
          for (const level of ["debug", "info", "warn"] as const) context.logger[level](level);
          return 0;
        },
      }),
  };
  const exit = await run(line.split(" ").filter((word) => word !== ""), {
    program: "parasync",
    env: (name) => env[name],
    stdout,
    stderr,
    interruption() {
      caught++;
      queueMicrotask(() =>
        controller.abort(new ParasyncError("interrupted", "Cannot go on: interrupted by SIGINT"))
      );
      return controller.signal;
    },
    loaders,
  });
  return { exit, out: stdout.text(), err: stderr.text(), caught: () => caught };
}

Deno.test("a command gets its options, arguments and context, and its result is the exit code", async () => {
  const { exit, out } = await ran(
    "push new.img http://h/x --threads=3",
    (options, args, context) => {
      context.stdout.write(`${options.threads} ${args.join()} ${context.command}\n`);
      return 7;
    },
  );
  assertEquals([exit, out], [7, "3 new.img,http://h/x push\n"]);
});

Deno.test("a failing command is told on stderr, and with --json on stdout", async () => {
  const fail = () => {
    throw new ParasyncError("connect_timeout", "Cannot reach h: no answer");
  };
  const plain = await ran("push a b", fail);
  assertEquals([plain.exit, plain.out, plain.err], [
    35,
    "",
    "parasync: Cannot reach h: no answer\n",
  ]);
  const json = await ran("push a b --json", fail);
  assertEquals(JSON.parse(json.out).code, "connect_timeout");
  const byEnv = await ran("push a b", fail, { PARASYNC_JSON: "1" });
  assertEquals(JSON.parse(byEnv.out).exit, 35);
});

Deno.test("a usage error is told as JSON where --json stands among the arguments", async () => {
  for (const line of ["push --json --nonsense", "push -json", "--json", "push --nojson --json=1"]) {
    const { exit, out } = await ran(line);
    assertEquals([exit, JSON.parse(out).code], [1, "usage"], line);
  }
  for (const line of ["push", "push --json=false", "push --json --nojson", "push -- --json"]) {
    assertEquals((await ran(line)).out, "", line);
  }
});

Deno.test("an unexpected error shows its stack with --verbose alone", async () => {
  const fault = () => {
    throw new RangeError("offset");
  };
  const short = await ran("push a b", fault);
  assertEquals(short.exit, 12);
  assertEquals(short.err.split("\n").length, 2);
  assertStringIncludes((await ran("push a b --verbose", fault)).err, "main_test.ts");
});

Deno.test("signals are caught only once a command asks, and whatever fails then is an interruption", async () => {
  assertEquals((await ran("push a b")).caught(), 0);
  const { exit, err, caught } = await ran("push a b", async (_options, _args, { signal }) => {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    assert(signal.aborted);
    throw new DOMException("The operation was aborted", "AbortError");
  });
  assertEquals([exit, caught()], [20, 1]);
  assertStringIncludes(err, "interrupted by SIGINT");
});

Deno.test("a drawing left on the terminal is not drawn again below the error", async () => {
  const { err } = await ran("push a b", (_options, _args, { stderr }) => {
    stderr.overlay = { hide: () => "", show: () => "bars" };
    throw new ParasyncError("locked", "Cannot begin");
  });
  assertEquals(err, "parasync: Cannot begin\n");
});

const LEVELS: readonly [line: string, env: Record<string, string>, logged: string][] = [
  ["serve", {}, "info warn"],
  ["serve --verbose", {}, "debug info warn"],
  ["serve --log-level=warn --verbose", {}, "warn"],
  ["serve", { PARASYNC_LOG_LEVEL: "error" }, ""],
  ["serve --verbose", { PARASYNC_LOG_LEVEL: "error" }, "debug info warn"],
  ["serve", { ALOG_LOG_LEVEL: "0" }, "debug info warn"],
  ["serve", { ALOG_LOG_LEVEL: "0", PARASYNC_LOG_LEVEL: "2" }, "warn"],
  ["serve --log-level=4", { ALOG_LOG_LEVEL: "0" }, ""],
];

for (const [line, env, logged] of LEVELS) {
  Deno.test(`${line} with ${JSON.stringify(env)} logs "${logged}"`, async () => {
    const { err } = await ran(line, undefined, env);
    assertEquals([...err.matchAll(/Z (\w+)/g)].map((match) => match[1]).join(" "), logged);
  });
}

Deno.test("a client logs warnings, and only errors when quiet", async () => {
  const push: Push = (_options, _args, { logger }) => {
    for (const level of ["info", "warn", "error"] as const) logger[level](level);
    return 0;
  };
  const count = async (line: string) => (await ran(line, push)).err.trimEnd().split("\n").length;
  assertEquals(await count("push a b"), 2);
  assertEquals(await count("push a b --quiet"), 1);
});

Deno.test("a log level that is none names its variable", async () => {
  const { exit, err } = await ran("serve", undefined, { ALOG_LOG_LEVEL: "9" });
  assertEquals(exit, 1);
  assertStringIncludes(err, "Cannot use ALOG_LOG_LEVEL=9: it must be debug");
});

Deno.test("version and help print on stdout and succeed", async () => {
  const version = await ran("--version");
  assertEquals([version.exit, version.err], [0, ""]);
  assertMatch(version.out, /^parasync \d+\.\d+\.\d+ \(deno \d+\..*, v8 .*\)\n$/);
  const json = JSON.parse((await ran("version --json")).out);
  assertEquals([json.type, json.schema, json.version, json.target], [
    "version",
    1,
    VERSION,
    Deno.build.target,
  ]);
  const help = await ran("help push");
  assertEquals([help.exit, help.err], [0, ""]);
  assertStringIncludes(help.out, "Usage: parasync push NEW URL");
  assertStringIncludes((await ran("--help")).out, "Commands");
  assertStringIncludes((await ran("help parasync-server")).out, "Usage: parasync serve");
  assertEquals((await ran("help sevre")).exit, 1);
});

const MAIN = new URL("../../main.ts", import.meta.url);

async function process(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", MAIN.href, ...args],
    env: { NO_COLOR: "1" },
  });
  const { code, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

Deno.test("the program itself keeps results on stdout, errors on stderr and exits with the code", async () => {
  const version = await process("version");
  assertEquals([version.code, version.err], [0, ""]);
  assertStringIncludes(version.out, `parasync ${VERSION} `);
  const unknown = await process("vresion");
  assertEquals([unknown.code, unknown.out], [1, ""]);
  assertEquals(
    unknown.err,
    "parasync: Cannot run vresion: there is no such command; did you mean version? " +
      "(see parasync --help)\n",
  );
});

Deno.test("an error that nobody could catch is told like any other", async () => {
  const cli = new URL("./main.ts", import.meta.url).href;
  for (const fault of ["Promise.reject(error)", "setTimeout(() => { throw error; })"]) {
    const program = `
      const { main } = await import(${JSON.stringify(cli)});
      await main(["version", "--json"]);
      const error = new TypeError("stray");
      ${fault};
      setTimeout(() => {}, 10_000);
    `;
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-check", program],
      cwd: new URL("../../", import.meta.url),
    }).output();
    const err = new TextDecoder().decode(stderr);
    assertEquals(err, "parasync: Cannot go on: TypeError: stray (--verbose shows where)\n");
    assertEquals(code, 12);
    assertStringIncludes(new TextDecoder().decode(stdout), '"type":"version"');
  }
});
