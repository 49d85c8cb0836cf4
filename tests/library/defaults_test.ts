/** The library's options mean what the flags of their names mean, and have their defaults. */
// @ts-types="../../src/types/std_assert.d.ts"
import { assertEquals, assertThrows } from "@std/assert";
import { parseArguments } from "../../src/cli/parse.ts";
import { ParasyncError } from "../../src/errors.ts";
import { pushTaskFrom } from "../../src/library/push.ts";
import { signatureTaskFrom } from "../../src/library/rdiff.ts";
import { type ServeOptions, serveTaskFrom } from "../../src/library/serve.ts";
import { chooseSync } from "../../src/library/sync_choice.ts";
import type { SyncOptions } from "../../src/library/sync_options.ts";

const NONE = new AbortController().signal;
const URL_TEXT = "http://localhost:19876/file";

function pushed(options: SyncOptions) {
  return pushTaskFrom("new", URL_TEXT, options, NONE);
}

async function defaultsOf<Command extends "serve" | "push" | "signature">(
  command: Command,
  positionals: readonly string[] = [],
) {
  return (await parseArguments(command, positionals, () => undefined)).values;
}

Deno.test("a push without options is the command's without flags", async () => {
  const flags = await defaultsOf("push", ["new", URL_TEXT]);
  const task = pushed({});
  assertEquals(
    [task.hw, task.digest, task.suffix, task.connectMs, task.timeoutMs, flags.prefix],
    [flags.hw, flags.digest, flags.suffix, flags.connectTimeout, flags.timeout, ""],
  );
  assertEquals(
    [task.retries, task.bytesPerSecond],
    [flags.retries, flags.bwlimit],
  );
  for (const size of [0, 1_000_000, 20 * 2 ** 30]) {
    assertEquals(task.choose(size), chooseSync(flags, undefined, new Set(), size));
  }
});

Deno.test("a server without options is the command's without flags", async () => {
  const flags = await defaultsOf("serve");
  const { logger: _logger, store: _store, schemes, limits, allowedHosts, ...task } = serveTaskFrom(
    {},
  );
  assertEquals(schemes.length, 6);
  assertEquals({ ...task, allowedHosts }, {
    root: flags.root,
    host: flags.host,
    port: flags.port,
    tokens: [],
    tls: flags.tlsCert,
    trustedProxies: flags.trustedProxy,
    insecureNoAuth: flags.insecureNoAuth,
    prefix: flags.prefix,
    allowedHosts: flags.allowedHost,
    hw: flags.hw,
    fsync: flags.fsync,
    keepPartial: flags.keepPartial,
    partialDir: flags.partialDir,
    accessLog: flags.accessLog,
  });
  assertEquals(limits, {
    maxFileBytes: flags.maxFileSize,
    maxBodyBytes: flags.maxBody,
    maxSessions: flags.maxSessions,
    maxConcurrent: flags.maxConcurrent,
    maxQueue: flags.maxQueue,
    queueMs: flags.queueTimeout,
    maxConnections: flags.maxConnections,
    maxThreads: flags.threads,
    headerMs: flags.headerTimeout,
    idleMs: flags.idleTimeout,
    stallMs: flags.stallTimeout,
    sessionMs: flags.sessionTtl,
  });
});

Deno.test("a signature without options is the command's without flags", async () => {
  const flags = await defaultsOf("signature", ["old", "sig"]);
  const {
    oldFile: _old,
    signatureFile: _signature,
    store: _store,
    signal: _signal,
    warn: _warn,
    ...task
  } = signatureTaskFrom("old", "sig", {}, NONE);
  const { hash, rolling, blockSize, sumSize, threads, hw, fsync } = flags;
  assertEquals(task, { hash, rolling, blockSize, sumSize, threads, hw, fsync });
});

Deno.test("options that do not go together or are out of range are refused as flags are", () => {
  const refused: [work: () => unknown, message: string][] = [
    [() => pushed({ scheme: "rsync", mode: "streaming" }).choose(1), "it is for parasync"],
    [() => pushed({ mode: "flow-graph", confirm: "target" }).choose(1), "chunk by chunk"],
    [() => pushed({ chunkSize: { min: 1, avg: 2, max: 3 } }).choose(1), "1:2:3"],
    [() => pushed({ threads: 0 }), "Cannot use 0 threads"],
    [() => pushed({ threads: 1.5 }), "Cannot use 1.5 threads"],
    [() => pushed({ scheme: "csync" as "rsync" }), 'Cannot use scheme "csync"'],
    [() => pushTaskFrom("new", "ftp://host/file", {}, NONE), "it is not http"],
    [() => pushTaskFrom("new", URL_TEXT, { token: "two words" }, NONE), "Cannot use the token"],
    [() => serveTaskFrom({ threads: 257 }), "Cannot use 257 threads"],
    [() => serveTaskFrom({ token: "" } satisfies ServeOptions), "Cannot use the token"],
  ];
  for (const [work, message] of refused) {
    const error = assertThrows(work, ParasyncError, message);
    assertEquals(error.code, "usage", message);
  }
});
