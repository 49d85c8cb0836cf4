// @ts-types="../types/std_assert.d.ts"
import { assertEquals } from "@std/assert";

const MODULE = new URL("./interruption.ts", import.meta.url).href;
const PROGRAM = `
  const { interruption } = await import(${JSON.stringify(MODULE)});
  const signal = interruption();
  const timer = setInterval(() => {}, 1000);
  signal.addEventListener("abort", () => {
    console.log(signal.reason.code, signal.reason.message);
    if (Deno.args[0] === "stubborn") return;
    clearInterval(timer);
  });
  console.log("ready");
`;

/** Starts the program, sends `signals` each after a line was read, and reads the rest. */
async function interrupted(signals: readonly Deno.Signal[], ...args: string[]) {
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, PROGRAM);
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "--no-config", file, ...args],
      stdout: "piped",
    }).spawn();
    const waiting = [...signals];
    let out = "";
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      out += text;
      const signal = text.includes("\n") ? waiting.shift() : undefined;
      if (signal === undefined) continue;
      if (out.includes("interrupted")) {
        // The same signal once more, at once, is taken for an echo; what comes later is not.
        child.kill(signal);
        await new Promise((resolve) => setTimeout(resolve, 1200));
      }
      child.kill(signal);
    }
    return { status: await child.status, lines: out.trim().split("\n") };
  } finally {
    await Deno.remove(file);
  }
}

const ignore = Deno.build.os === "windows"; // Windows has no signals that a test can send.

for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  Deno.test({ name: `${name} aborts with a reason that says so`, ignore }, async () => {
    const { status, lines } = await interrupted([name]);
    assertEquals(lines, ["ready", `interrupted Cannot go on: interrupted by ${name}`]);
    assertEquals(status.code, 0);
  });
}

Deno.test(
  { name: "a second signal ends a program that does not end by itself", ignore },
  async () => {
    const { status, lines } = await interrupted(["SIGTERM", "SIGTERM"], "stubborn");
    assertEquals(lines.length, 2);
    assertEquals(status.signal, "SIGTERM");
  },
);
