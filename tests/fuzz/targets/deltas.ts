/** Deltas of both versions, in every coding. */
import zlib from "node:zlib";
import { availableCodings, type Coding, CODING_FLAGS } from "../../../src/delta/coding.ts";
import { DeltaDecoder, type DeltaSink } from "../../../src/delta/decoder.ts";
import { plainDelta } from "../../../src/delta/plain_delta.ts";
import { ParasyncError } from "../../../src/errors.ts";
import { type Numbers, oneOf, randomBytes } from "../../fixtures/seeded.ts";
import { join, type Wide } from "../../hostile/wire/bytes.ts";
import * as wire from "../../hostile/wire/delta.ts";
import { pieces, someNumber, wildNumber } from "../mutation.ts";
import { type FuzzTarget, must } from "../target.ts";

const OLD_SIZE = 5000;
const NEW_SIZE = 3000;
const EXPECTED = { oldSize: OLD_SIZE, newSize: NEW_SIZE, maxCommands: 40 };

/** More than a delta may unpack to: its data, 32 bytes a command, the rest, and a head for each batch. */
const MOST_UNPACKED = NEW_SIZE + 40 * 32 + 1024;

type Kind = "copy" | "literal" | "zero";

interface Planned {
  readonly kind: Kind;
  readonly source: number;
  readonly target: number;
  readonly length: number;
}

/** Commands that make the new file, one after the other. */
function plan(next: Numbers): Planned[] {
  const commands: Planned[] = [];
  for (let target = 0; target < NEW_SIZE;) {
    const length = Math.min(NEW_SIZE - target, 1 + next(800));
    const kind = oneOf<Kind>(next, ["copy", "literal", "zero"]);
    commands.push({ kind, source: next(OLD_SIZE - length + 1), target, length });
    target += length;
  }
  return commands;
}

function totalsOf(commands: readonly Planned[]): [number, number, number, number, number, number] {
  const kinds: readonly Kind[] = ["copy", "literal", "zero"];
  const of = (kind: Kind): Planned[] => commands.filter((command) => command.kind === kind);
  const counts = kinds.map((kind) => of(kind).length);
  const bytes = kinds.map((kind) => of(kind).reduce((sum, { length }) => sum + length, 0));
  return [...counts, ...bytes] as [number, number, number, number, number, number];
}

function sizes(next: Numbers): [Wide, Wide] {
  return next(12) === 0 ? [wildNumber(next), wildNumber(next)] : [OLD_SIZE, NEW_SIZE];
}

function fixed(next: Numbers): Uint8Array<ArrayBuffer> {
  const commands = plan(next);
  const odd = (value: number): Wide => next(40) === 0 ? wildNumber(next) : value;
  const written = commands.map(({ kind, source, target, length }) => {
    if (kind === "copy") return wire.copy(odd(source), odd(target), odd(length));
    if (kind === "zero") return wire.zero(odd(target), odd(length));
    return wire.literal(odd(target), randomBytes(next, length), odd(length));
  });
  const totals = totalsOf(commands);
  const last = next(3) === 0
    ? wire.part(odd(NEW_SIZE), totals)
    : wire.end(odd(NEW_SIZE), totals, randomBytes(next, 32));
  return join(wire.header(1, 0, ...sizes(next)), ...written, last);
}

interface Batch {
  readonly commands: Uint8Array<ArrayBuffer>;
  readonly data: Uint8Array<ArrayBuffer>;
}

function batches(next: Numbers): Batch[] {
  const commands = plan(next);
  const odd = (value: number): Wide => next(40) === 0 ? wildNumber(next) : value;
  const out: Batch[] = [];
  let [target, source] = [0, 0];
  let written: Uint8Array[] = [];
  let data: Uint8Array[] = [];
  const flush = (): void => {
    out.push({ commands: join(...written), data: join(...data) });
    [written, data] = [[], []];
  };
  for (const command of commands) {
    const { length } = command;
    const to = odd(command.target - target);
    if (command.kind === "copy") {
      written.push(wire.v2.copy(odd(command.source - source), to, odd(length)));
      source = command.source + length;
    } else if (command.kind === "zero") written.push(wire.v2.zero(to, odd(length)));
    else {
      written.push(wire.v2.literal(to, odd(length)));
      // Text, so that there is something to compress.
      data.push(new Uint8Array(length).fill(97 + next(5)));
    }
    target = command.target + length;
    if (next(3) === 0) flush();
  }
  const totals = totalsOf(commands);
  written.push(
    next(3) === 0 ? wire.v2.part(totals) : wire.v2.end(totals, randomBytes(next, 32)),
  );
  flush();
  return out;
}

function plain(next: Numbers): Uint8Array<ArrayBuffer> {
  const body = batches(next).map(({ commands, data }) =>
    wire.batch(
      commands,
      data,
      next(20) === 0 ? { commands: someNumber(next, 100), data: someNumber(next, 100) } : {},
    )
  );
  return join(wire.header(2, 0, ...sizes(next)), ...body);
}

/** Batches compressed each by a context of its own: right for the first one, damage for what follows. */
function coded(coding: Coding): (next: Numbers) => Uint8Array<ArrayBuffer> {
  const compress = coding === "deflate"
    ? (bytes: Uint8Array) =>
      zlib.deflateRawSync(bytes, { finishFlush: zlib.constants.Z_SYNC_FLUSH })
    : (bytes: Uint8Array) => zlib.zstdCompressSync(bytes);
  return (next) => {
    const all = batches(next);
    const joined = next(2) === 0
      ? [{ commands: join(...all.map((b) => b.commands)), data: join(...all.map((b) => b.data)) }]
      : all;
    const bomb = next(6) === 0;
    const body = joined.map(({ commands, data }) => {
      const content = bomb
        ? join(commands, data, new Uint8Array(next(100_000)))
        : join(commands, data);
      if (next(6) === 0) return wire.batch(commands, data, { coded: "plain" });
      const claims = next(20) === 0 ? { codedBytes: someNumber(next, 2000) } : {};
      return wire.batch(commands, data, { coded: new Uint8Array(compress(content)), ...claims });
    });
    return join(wire.header(2, CODING_FLAGS[coding], ...sizes(next)), ...body);
  };
}

/** What a decoder tells, as text: literals joined, since cuts may take them apart. */
class Told implements DeltaSink {
  readonly commands: string[] = [];
  #literalEnd = -1;
  bytes = 0;

  copy(source: number, target: number, length: number): void {
    must(source >= 0 && length >= 1 && source + length <= OLD_SIZE, "a copy outside the basis");
    this.#within(target, length);
    this.commands.push(`c ${source} ${target} ${length}`);
  }

  literal(target: number, bytes: Uint8Array): void {
    this.#within(target, bytes.length);
    this.bytes += bytes.length;
    if (this.#literalEnd === target && this.commands.at(-1)?.startsWith("l ")) {
      const [, begin, length] = this.commands.pop()!.split(" ");
      this.commands.push(`l ${begin} ${Number(length) + bytes.length}`);
    } else this.commands.push(`l ${target} ${bytes.length}`);
    this.#literalEnd = target + bytes.length;
  }

  zero(target: number, length: number): void {
    this.#within(target, length);
    this.commands.push(`z ${target} ${length}`);
  }

  end(end: { readonly last: boolean }): void {
    this.commands.push(end.last ? "end" : "part");
  }

  #within(target: number, length: number): void {
    must(target >= 0 && length >= 1 && target + length <= NEW_SIZE, "outside the new file");
  }
}

interface Decoded {
  readonly told: readonly string[];
  readonly outcome: string;
}

function decode(parts: readonly Uint8Array[]): Decoded {
  const told = new Told();
  const decoder = new DeltaDecoder(EXPECTED, told);
  try {
    for (const part of parts) decoder.push(part);
    decoder.finish();
    return { told: told.commands, outcome: told.commands.at(-1)! };
  } catch (error) {
    if (error instanceof ParasyncError) return { told: told.commands, outcome: error.message };
    throw error;
  }
}

function runPlain(bytes: Uint8Array<ArrayBuffer>, next: Numbers): string {
  const whole = decode([bytes]);
  const cut = decode(pieces(next, bytes));
  must(whole.outcome === cut.outcome, `cuts change ${whole.outcome} into ${cut.outcome}`);
  must(
    whole.told.join() === cut.told.join(),
    "cuts change the commands",
  );
  must(whole.told.length <= 2 * EXPECTED.maxCommands, "more commands than there may be");
  return whole.outcome;
}

async function runCoded(bytes: Uint8Array<ArrayBuffer>, next: Numbers): Promise<string> {
  const told = new Told();
  const decoder = new DeltaDecoder(EXPECTED, told);
  const parts = pieces(next, bytes);
  let unpacked = 0;
  let pushed = 0;
  async function* body(): AsyncGenerator<Uint8Array> {
    for (const part of parts) {
      pushed += part.length;
      yield part;
    }
  }
  for await (const piece of plainDelta(body(), EXPECTED)) {
    unpacked += piece.length;
    // A plain delta passes as it is, and is refused by its decoder.
    must(unpacked <= pushed + MOST_UNPACKED + 6 * 2048, "it unpacks to more than it can mean");
    decoder.push(piece);
  }
  decoder.finish();
  must(told.bytes <= unpacked, "more literal bytes than were unpacked");
  return told.commands.at(-1)!;
}

/** Every way to write a delta that this runtime has. */
export const DELTA_TARGETS: readonly FuzzTarget[] = [
  { name: "delta-1", weight: 12, make: fixed, run: runPlain },
  { name: "delta-2", weight: 5, make: plain, run: runPlain },
  ...availableCodings().map((coding): FuzzTarget => ({
    name: `delta-${coding}`,
    weight: 1,
    make: coded(coding),
    run: runCoded,
  })),
];
