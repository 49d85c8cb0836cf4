/**
 * The far end of programs that bring none: a plain receiver of files for curl, rdiff behind HTTP, and files with ranges
 * for zsync.
 *
 *     deno run -A bench/e2e/peer_server.ts ROOT SHARED on|off
 *
 * `PUT /NAME` replaces ROOT/NAME by the body, `GET /NAME.signature` answers with rdiff's signature of it, `PUT
 * /NAME.delta` patches it; `GET /shared/NAME` gives SHARED/NAME. With `on`, results are synced to the device.
 */
import fs from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { rangeResponse, rangesOf } from "./ranges.ts";

const BLOCK_BYTES = 8192;

const [root, shared, fsync] = Deno.args as [string, string, string];
let made = 0;

/** Gives the finished file its name. */
function place(path: string, target: string): void {
  if (fsync === "on") {
    const fd = fs.openSync(path, "r+");
    fs.fsyncSync(fd);
    fs.closeSync(fd);
  }
  fs.renameSync(path, target);
}

async function receive(target: string, body: ReadableStream<Uint8Array>): Promise<void> {
  const path = `${target}.part-${made++}`;
  const file = await Deno.open(path, { write: true, createNew: true });
  await body.pipeTo(file.writable);
  place(path, target);
}

async function patch(target: string, body: ReadableStream<Uint8Array>): Promise<void> {
  const path = `${target}.part-${made++}`;
  const child = new Deno.Command("rdiff", {
    args: ["patch", target, "-", path],
    stdin: "piped",
    stderr: "inherit",
  }).spawn();
  await body.pipeTo(child.stdin);
  if (!(await child.status).success) throw new Error("rdiff patch failed");
  place(path, target);
}

function signature(target: string): Response {
  const child = new Deno.Command("rdiff", {
    args: ["-b", String(BLOCK_BYTES), "signature", target, "-"],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  return new Response(child.stdout);
}

async function answer(request: Request): Promise<Response> {
  const name = new URL(request.url).pathname.slice(1);
  const { method, body } = request;
  if (method === "GET" && name.startsWith("shared/")) {
    const path = join(shared, name.slice("shared/".length));
    return rangeResponse(path, rangesOf(request.headers.get("range"), fs.statSync(path).size));
  }
  if (method === "GET" && name.endsWith(".signature")) {
    return signature(join(root, name.slice(0, -".signature".length)));
  }
  if (method !== "PUT" || body === null) return new Response(null, { status: 405 });
  if (name.endsWith(".delta")) await patch(join(root, name.slice(0, -".delta".length)), body);
  else await receive(join(root, name), body);
  return new Response(null, { status: 204 });
}

const server = Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => process.stdout.write(`Listening on http://127.0.0.1:${port}\n`),
}, answer);
Deno.addSignalListener("SIGTERM", () => Deno.exit(0));
await server.finished;
