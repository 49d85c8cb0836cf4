// @ts-types="./types/std_assert.d.ts"
import { assertEquals } from "@std/assert";
import * as library from "./mod.ts";

const MOD = new URL("./mod.ts", import.meta.url).href;

/** Runs a program in a process of its own and gives all that shows of it. */
async function runs(program: string): Promise<Record<string, unknown>> {
  const folder = Deno.makeTempDirSync({ prefix: "parasync-test-" });
  try {
    const main = `${folder}/main.ts`;
    Deno.writeTextFileSync(main, program);
    const config = new URL("../deno.json", import.meta.url).pathname;
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-prompt", "--no-check", `--config=${config}`, main],
      env: { NO_COLOR: "1" },
    }).output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    return { code, out, err };
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("the library exports what a program needs, and nothing else", () => {
  assertEquals(Object.keys(library).toSorted(), [
    "FAILURES",
    "ParasyncError",
    "delta",
    "patch",
    "push",
    "serve",
    "signature",
    "sync",
  ]);
});

Deno.test("importing the library needs no permission, prints nothing and keeps no process alive", async () => {
  assertEquals(await runs(`import ${JSON.stringify(MOD)};`), { code: 0, out: "", err: "" });
});

Deno.test("importing the library touches nothing of the process", async () => {
  const program = `
    const touched: string[] = [];
    const watch = (owner: object, name: string): void => {
      Object.defineProperty(owner, name, { value: () => touched.push(name), configurable: true });
    };
    for (const name of ["dlopen", "addSignalListener", "serve", "listen", "openSync", "exit"]) {
      watch(Deno, name);
    }
    for (const name of ["get", "has", "toObject"]) watch(Deno.env, name);
    for (const name of ["addEventListener", "setTimeout", "setInterval", "Worker", "fetch"]) {
      watch(globalThis, name);
    }
    await import(${JSON.stringify(MOD)});
    console.log(JSON.stringify(touched));
  `;
  assertEquals(await runs(program), { code: 0, out: "[]\n", err: "" });
});
