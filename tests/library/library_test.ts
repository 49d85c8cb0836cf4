/** A program that uses the library, between real files and over a real connection. */
// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { join } from "node:path";
import {
  delta,
  type FailureCode,
  ParasyncError,
  patch,
  type Progress,
  push,
  serve,
  type ServeOptions,
  signature,
  sync,
} from "../../src/mod.ts";
import { concat, equalBytes, someBytes, Workspace } from "../workspace.ts";

/** Libraries stay loaded, which the tests' sanitizers take for a leak. */
const PORTABLE = { hw: "0" } as const;
const TOKEN = "c29tZSB0b2tlbg";

const OLD = someBytes(3_000_000);
const NEW = concat(OLD.subarray(0, 1_000_000), someBytes(70_000, 2), OLD.subarray(1_000_000));

/** A workspace with a server of this process. */
async function served(options: ServeOptions = {}) {
  const workspace = new Workspace();
  const { root } = workspace;
  const server = workspace.with(await serve({ root, port: 0, fsync: false, ...options }));
  return { workspace, server, url: `${server.url}/disk.img` };
}

async function assertFails(work: Promise<unknown>, code: FailureCode, text: string): Promise<void> {
  const error = await assertRejects(() => work, ParasyncError, text);
  assertEquals(error.code, code);
}

Deno.test("a pushed file takes the place of the old one, and only what changed is sent", async () => {
  const { workspace, url } = await served();
  await using _ = workspace;
  workspace.old("disk.img", OLD);
  const seen: Progress[] = [];
  const summary = await push(workspace.new(NEW), url, {
    ...PORTABLE,
    onProgress: (progress) => void seen.push(progress),
  });
  assert(equalBytes(workspace.read("disk.img"), NEW));
  assertEquals(
    [summary.oldBytes, summary.newBytes, summary.verified, summary.target],
    [OLD.length, NEW.length, true, "disk.img"],
  );
  assert(summary.wireUpBytes + summary.wireDownBytes < 150_000, "most of it was sent");
  const sent = seen.findLast(({ end, stage }) => end === "client" && stage === "chunk");
  assertEquals([sent?.doneBytes, sent?.totalBytes], [NEW.length, NEW.length]);
  await workspace.clean();
});

Deno.test("a file that is not there yet is created, beside a name that is kept", async () => {
  const { workspace, server, url } = await served({ prefix: "/sync" });
  await using _ = workspace;
  workspace.old("disk.img", OLD);
  const prefix = "/sync";
  const newFile = workspace.new(NEW);
  await push(newFile, new URL(url), { ...PORTABLE, prefix, suffix: ".new" });
  await push(newFile, `${server.url}/none.img`, { ...PORTABLE, prefix, scheme: "rsync" });
  assert(equalBytes(workspace.read("disk.img"), OLD));
  assert(equalBytes(workspace.read("disk.img.new"), NEW));
  assert(equalBytes(workspace.read("none.img"), NEW));
});

Deno.test("files of one machine are synced by every scheme", async () => {
  await using workspace = new Workspace();
  const [oldFile, newFile] = [workspace.old("old", OLD), workspace.new(NEW)];
  for (
    const scheme of ["rsync", "dsync", "skysync_f", "skysync_c", "pdsync", "parasync"] as const
  ) {
    const output = join(workspace.root, scheme);
    const summary = await sync(oldFile, newFile, output, { ...PORTABLE, scheme, fsync: false });
    assertEquals([summary.scheme, summary.target], [scheme, output]);
    assert(equalBytes(workspace.read(scheme), NEW), scheme);
  }
  await sync(oldFile, newFile, oldFile, { ...PORTABLE, digest: "blake3" });
  assert(equalBytes(workspace.read("old"), NEW));
});

Deno.test("a signature, a delta and a patch make the new file from the old one", async () => {
  await using workspace = new Workspace();
  const [oldFile, newFile] = [workspace.old("old", OLD), workspace.new(NEW)];
  const [signed, changes] = [workspace.new("", "signature"), workspace.new("", "delta")];
  const options = { fsync: false };
  const { blocks, sumBytes } = await signature(oldFile, signed, {
    ...options,
    ...PORTABLE,
    blockSize: 2048,
    sumSize: 16,
  });
  assertEquals([blocks, sumBytes], [Math.ceil(OLD.length / 2048), 16]);
  const { copiedBytes, literalBytes } = await delta(signed, newFile, changes, options);
  assertEquals(copiedBytes + literalBytes, NEW.length);
  const { newBytes } = await patch(oldFile, changes, oldFile, options);
  assertEquals(newBytes, NEW.length);
  assert(equalBytes(workspace.read("old"), NEW));
});

Deno.test("what cannot be pushed is refused by its code, and the old file stays", async () => {
  const { workspace, url } = await served({ token: TOKEN, maxFileSize: OLD.length });
  await using _ = workspace;
  workspace.old("disk.img", OLD);
  const newFile = workspace.new(NEW);
  const options = { ...PORTABLE, token: TOKEN };
  await assertFails(push(join(workspace.path, "none"), url, options), "not_found", "none");
  await assertFails(push(newFile, url, PORTABLE), "unauthorized", "a token is needed");
  await assertFails(
    push(newFile, url, { ...PORTABLE, token: "another" }),
    "unauthorized",
    "the token is not the server's",
  );
  await assertFails(push(newFile, url, { ...options, scheme: "rsync" }), "too_large", "limit");
  await assertFails(push(newFile, `${url}/`, options), "usage", "names no file");
  await workspace.untouched("disk.img", OLD);
});

Deno.test("a server that cannot be reached, or that may not be opened, is told by its code", async () => {
  const { workspace, server, url } = await served();
  await using _ = workspace;
  const newFile = workspace.new(NEW);
  const { root } = workspace;
  await assertFails(serve({ root, port: server.address.port }), "connection", "port is in use");
  await assertFails(serve({ root, host: "0.0.0.0", port: 0 }), "usage", "give a token");
  await assertFails(serve({ root: newFile, port: 0 }), "file_selection", "folder");
  await server.close();
  await server.finished;
  await assertFails(push(newFile, url, PORTABLE), "connection", "connection refused");
});

for (const scheme of ["parasync", "rsync"] as const) {
  Deno.test(`a push by ${scheme} that is aborted in the middle leaves the old file`, async () => {
    const { workspace, server, url } = await served();
    await using _ = workspace;
    workspace.old("disk.img", OLD);
    const controller = new AbortController();
    const reason = new Error("enough");
    const pushing = push(workspace.new(someBytes(8_000_000, 3)), url, {
      ...PORTABLE,
      scheme,
      signal: controller.signal,
      // The session is open then, and nothing is committed.
      onProgress: () => controller.abort(reason),
    });
    assertStrictEquals(await assertRejects(() => pushing), reason);
    assert(equalBytes(workspace.read("disk.img"), OLD));
    // A session that no request is at work for is kept for a while, but not beyond its server.
    await server.close();
    await workspace.untouched("disk.img", OLD);
  });
}

Deno.test("an aborted sync, signature, delta or patch leaves what was there", async () => {
  await using workspace = new Workspace();
  const oldFile = workspace.old("old", OLD);
  const newFile = workspace.new(NEW);
  const [signed, changes] = [workspace.new("", "signature"), workspace.new("", "delta")];
  await signature(oldFile, signed, PORTABLE);
  await delta(signed, newFile, changes);
  const output = workspace.old("output", "as it was");
  const works: [name: string, work: (signal: AbortSignal) => Promise<unknown>][] = [
    ["sync", (signal) => sync(oldFile, newFile, output, { ...PORTABLE, signal })],
    ["signature", (signal) => signature(oldFile, output, { ...PORTABLE, signal })],
    ["delta", (signal) => delta(signed, newFile, output, { signal })],
    ["patch", (signal) => patch(oldFile, changes, output, { signal })],
  ];
  for (const [name, work] of works) {
    const reason = new Error(name);
    assertStrictEquals(await assertRejects(() => work(AbortSignal.abort(reason))), reason);
    const controller = new AbortController();
    const working = work(controller.signal);
    controller.abort(reason);
    assertStrictEquals(await assertRejects(() => working), reason, name);
    await workspace.untouched("output", new TextEncoder().encode("as it was"));
  }
});

Deno.test("a server logs to whom it is told and to nobody else, and its signal closes it", async () => {
  const lines: string[] = [];
  const controller = new AbortController();
  const { workspace, server, url } = await served({
    signal: controller.signal,
    onLog: (line) => lines.push(line),
    logFormat: "json",
    logLevel: "warn",
  });
  await using _ = workspace;
  await assertFails(
    push(workspace.new(NEW), url, { ...PORTABLE, suffix: ".new" }),
    "not_found",
    "disk.img",
  );
  controller.abort();
  await server.finished;
  assertEquals(lines.map((line) => JSON.parse(line).level), ["warn"]);
});
