// @ts-types="../types/std_assert.d.ts"
import { assertEquals, assertRejects } from "@std/assert";
import { ParasyncError } from "../errors.ts";
import { parseArguments } from "./parse.ts";

function written(text: string): string {
  const path = Deno.makeTempFileSync({ suffix: ".json" });
  Deno.writeTextFileSync(path, text);
  return path;
}

async function serveWith(
  settings: unknown,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
) {
  const path = written(typeof settings === "string" ? settings : JSON.stringify(settings));
  try {
    const flags = [`--config=${path}`, ...args];
    return (await parseArguments("serve", flags, (name) => env[name])).values;
  } finally {
    Deno.removeSync(path);
  }
}

Deno.test("a file of settings has the flags' names, and values as flags have them or as JSON does", async () => {
  const values = await serveWith({
    "root": "/srv/images",
    "port": 8080,
    "threads": "cores",
    "fsync": false,
    "max-file-size": "5GiB",
    "max-body": 4096,
    "idle-timeout": 1.5,
    "session-ttl": "2m",
    "allowed-host": ["a.example", "b.example"],
    "log-format": "json",
  });
  assertEquals(
    [values.root, values.port, values.fsync, values.maxFileSize, values.maxBody],
    ["/srv/images", 8080, false, 5 * 2 ** 30, 4096],
  );
  assertEquals([values.idleTimeout, values.sessionTtl], [1500, 120_000]);
  assertEquals([values.allowedHost, values.logFormat], [["a.example", "b.example"], "json"]);
  assertEquals(values.host, "127.0.0.1", "what it does not say has its default");
});

Deno.test("a flag goes before a variable, a variable before the file", async () => {
  const settings = { port: 1, "max-queue": 2, "max-sessions": 3 };
  const env = { PARASYNC_MAX_QUEUE: "20", PARASYNC_PORT: "10" };
  const { port, maxQueue, maxSessions } = await serveWith(settings, ["--port=100"], env);
  assertEquals([port, maxQueue, maxSessions], [100, 20, 3]);
});

Deno.test("a key that is no flag of the command stops it, with the nearest that is one", async () => {
  const refused: [settings: unknown, message: string][] = [
    [{ "max-bdoy": 1 }, "max-bdoy: serve has no such flag; did you mean max-body?"],
    [{ "max_body": 1 }, "max_body: serve has no such flag; did you mean max-body?"],
    [{ "suffix": ".new" }, "suffix: serve has no such flag"],
    [{ "config": "x" }, "config: serve has no such flag"],
    [{ "__proto__x": 1 }, "__proto__x: serve has no such flag"],
    [{ "port": "x" }, "port=x: it must be 0 to 65535"],
    [{ "port": 80.5 }, "port=80.5: it must be 0 to 65535"],
    [{ "port": true }, "port: it must be a number"],
    [{ "fsync": "off" }, "fsync: it must be true or false"],
    [{ "fsync": null }, "fsync: it must be true or false"],
    [{ "root": 5 }, "root: it must be a text"],
    [{ "allowed-host": "a" }, "allowed-host: it must be a list of texts"],
    [{ "allowed-host": [1] }, "allowed-host: it must be a list of texts"],
    [{ "idle-timeout": -1 }, "idle-timeout=-1: it must be a time"],
    [[], "it must be one JSON object"],
    ["null", "it must be one JSON object"],
    ['{"port": 1', "it is not JSON"],
    ["", "it is not JSON"],
  ];
  for (const [settings, message] of refused) {
    const error = await assertRejects(() => serveWith(settings), ParasyncError, message);
    assertEquals(error.code, "usage", message);
  }
});

Deno.test("a file that is not there stops the command", async () => {
  const args = ["--config=/nonexistent/parasync.json"];
  const error = await assertRejects(
    () => parseArguments("serve", args, () => undefined),
    ParasyncError,
    "Cannot read settings /nonexistent/parasync.json",
  );
  assertEquals(error.code, "not_found");
});
