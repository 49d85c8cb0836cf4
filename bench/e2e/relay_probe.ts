/**
 * Both ends of a connection through a relay, in a process of their own: prints the port that the relay is to pass on
 * to, reads from stdin the relay's port and how much to send, and prints a {@linkcode RelayCeiling}.
 */
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { GivenLine } from "../../src/library/given_line.ts";
import { Relay } from "./relay.ts";

const PING_BYTES = 1;
const PINGS = 20;
/** What a relay with no line to emulate is tried with, and how long one with a line is, in ms of its rate. */
const FREE_BYTES = 256 << 20;
const LINE_MS = 500;

/** What a relay does by itself. */
export interface RelayCeiling {
  /** Bytes a second through it, one way. */
  readonly bytesPerSecond: number;
  /** There and back, the median, in ms. */
  readonly rttMs: number;
}

/**
 * Measures a relay that is like a line.
 *
 * @param line The line; absent: none, as fast as the relay is.
 * @throws {Error} Where the probe does not end well.
 */
export async function relayCeiling(line?: GivenLine): Promise<RelayCeiling> {
  const probe = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", fileURLToPath(import.meta.url)],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = probe.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const relay = new Relay(Number((await lines.read()).value), line);
  try {
    const bytes = line === undefined ? FREE_BYTES : Math.ceil(line.bitsPerSecond / 8000 * LINE_MS);
    const writer = probe.stdin.getWriter();
    await writer.write(
      new TextEncoder().encode(JSON.stringify({ host: relay.host, port: relay.port, bytes })),
    );
    await writer.close();
    let said = "";
    for (let next = await lines.read(); !next.done; next = await lines.read()) said += next.value;
    return JSON.parse(said) as RelayCeiling;
  } finally {
    await probe.status;
    relay.stop();
  }
}

/** The far end: sends back the pings, then takes everything. */
async function takeAll(listener: Deno.Listener, bytes: number): Promise<void> {
  using connection = await listener.accept();
  const buffer = new Uint8Array(256 << 10);
  for (let pings = 0; pings < PINGS; pings++) {
    await connection.read(buffer.subarray(0, PING_BYTES));
    await connection.write(buffer.subarray(0, PING_BYTES));
  }
  for (let taken = 0; taken < bytes;) taken += await connection.read(buffer) ?? Infinity;
  await connection.write(buffer.subarray(0, PING_BYTES));
}

async function probe(): Promise<RelayCeiling> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  process.stdout.write(`${(listener.addr as Deno.NetAddr).port}\n`);
  const asked = JSON.parse(await new Response(Deno.stdin.readable).text());
  const { host, port, bytes } = asked as {
    readonly host: string;
    readonly port: number;
    readonly bytes: number;
  };
  const taking = takeAll(listener, bytes);
  using connection = await Deno.connect({ hostname: host, port });
  connection.setNoDelay(true);
  const buffer = new Uint8Array(256 << 10);
  const trips: number[] = [];
  for (let i = 0; i < PINGS; i++) {
    const begun = performance.now();
    await connection.write(buffer.subarray(0, PING_BYTES));
    await connection.read(buffer.subarray(0, PING_BYTES));
    trips.push(performance.now() - begun);
  }
  const rttMs = trips.toSorted((a, b) => a - b)[PINGS >> 1]!;
  const begun = performance.now();
  for (let left = bytes; left > 0;) left -= await connection.write(buffer.subarray(0, left));
  await connection.read(buffer);
  const ms = performance.now() - begun - rttMs;
  await taking;
  return { bytesPerSecond: bytes * 1000 / ms, rttMs };
}

if (import.meta.main) process.stdout.write(JSON.stringify(await probe()));
