import { withinLimits } from "../chunking/parameters.ts";
import { ParasyncError } from "../errors.ts";
import { printable } from "../telemetry/printable.ts";
import type { ChunkSizes, FlagSpec } from "./flag_spec.ts";
import { nearestName } from "./nearest.ts";

/** What the text of a flag can stand for. */
export type FlagValue = string | number | boolean | ChunkSizes;

const BOOLEANS: ReadonlyMap<string, boolean> = new Map(
  ["on", "true", "yes", "1", "t", "y", "off", "false", "no", "0", "f", "n"]
    .map((word, place) => [word, place < 6]),
);

const KIB = 1024;
const BYTE_UNITS: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["b", 1],
  ...["k", "m", "g", "t"].flatMap((letter, place) =>
    [
      [letter, KIB ** (place + 1)],
      [`${letter}ib`, KIB ** (place + 1)],
      [`${letter}b`, 1000 ** (place + 1)],
    ] as [string, number][]
  ),
]);

const DURATION_UNITS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["", 1000],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

/** Timers take 31 bits of milliseconds. */
const LONGEST_DURATION = 24 * 86_400_000;

/** A whole number of units, or `undefined` where `text` is not a number with one of the units. */
function quantity(text: string, units: ReadonlyMap<string, number>): number | undefined {
  const match = /^(\d{1,16}(?:\.\d{1,9})?) ?([a-z]*)$/i.exec(text);
  const unit = match === null ? undefined : units.get((match[2] ?? "").toLowerCase());
  return unit === undefined ? undefined : Math.round(Number(match?.[1]) * unit);
}

/**
 * Reads a number of bytes: a number, with or without a fraction, and `B`, `K` or `KiB`, `M` or `MiB`, `G`
 * or `GiB`, `T` or `TiB` (powers of 1024), `KB`, `MB`, `GB`, `TB` (powers of 1000).
 *
 * @returns The bytes, or `undefined` where `text` is none, or none that is exact.
 */
export function parseBytes(text: string): number | undefined {
  const bytes = quantity(text, BYTE_UNITS);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Reads a span of time such as `500ms`, `10s`, `15m`, `2h`, `1d`; a bare number is seconds. In ms. */
export function parseDuration(text: string): number | undefined {
  return quantity(text, DURATION_UNITS);
}

function parseChunkSizes(text: string): ChunkSizes | undefined {
  const parts = text.split(":").map(parseBytes);
  const [min, avg, max] = parts;
  if (parts.length !== 3 || !min || !avg || !max) return undefined;
  return withinLimits({ min, avg, max }) ? { min, avg, max } : undefined;
}

function list(words: readonly string[]): string {
  return words.length < 2
    ? words.join("")
    : `${words.slice(0, -1).join(", ")} or ${words[words.length - 1]}`;
}

function wholeNumber(text: string, min: number, max: number): number | undefined {
  if (!/^[+-]?\d{1,16}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= min && value <= max ? value : undefined;
}

/**
 * What `text` means for a flag, or why it means nothing.
 *
 * @returns The value, or a reason such as "it must be 1 to 256".
 */
function interpret(text: string, spec: FlagSpec): FlagValue | { readonly reason: string } {
  switch (spec.kind) {
    case "string":
      return text;
    case "boolean":
      return BOOLEANS.get(text.toLowerCase()) ?? { reason: "it must be on or off" };
    case "int": {
      const words = spec.words ?? {};
      const word = Object.hasOwn(words, text) ? words[text] : undefined;
      const or = spec.words ? `, ${list(Object.keys(words))}` : "";
      return word?.() ?? wholeNumber(text, spec.min, spec.max) ??
        { reason: `it must be ${spec.min} to ${spec.max}${or}` };
    }
    case "choice": {
      const lower = text.toLowerCase();
      const synonyms = spec.synonyms ?? {};
      const meant = Object.hasOwn(synonyms, lower) ? synonyms[lower] : lower;
      if (meant !== undefined && spec.choices.includes(meant)) return meant;
      // A letter or two are near to anything.
      const near = text.length < 3 ? undefined : nearestName(text, spec.choices);
      const hint = near === undefined ? "" : `; did you mean ${near}?`;
      return { reason: `it must be ${list(spec.choices)}${hint}` };
    }
    case "bytes":
      return parseBytes(text) || { reason: "it must be a number of bytes such as 65536 or 64MiB" };
    case "duration": {
      const millis = parseDuration(text);
      return millis && millis <= LONGEST_DURATION
        ? millis
        : { reason: "it must be a time such as 500ms, 10s or 15m, of 24 days at most" };
    }
    case "chunk_sizes":
      return text === "auto" ? "auto" : parseChunkSizes(text) ?? {
        reason: "it must be auto or sizes such as 4KiB:8KiB:12KiB, least below greatest, from 64 " +
          "to 1MiB, and on average a power of two up to 512KiB",
      };
  }
}

/** Whether `text` is a value of a choice, so that `--hw auto` takes it and `--hw new.img` does not. */
export function isChoice(text: string, spec: FlagSpec): boolean {
  return typeof interpret(text, spec) === "string";
}

/**
 * Reads the value of a flag.
 *
 * @param text The value as it was written.
 * @param spec The flag.
 * @param source Where it was written, for errors: `--threads` or `PARASYNC_THREADS`.
 * @returns A value of the flag's kind.
 * @throws {ParasyncError} `usage` where `text` is none, such as
 *   "Cannot use --threads=0: it must be 1 to 256, auto or cores".
 */
export function readFlagValue(text: string, spec: FlagSpec, source: string): FlagValue {
  const value = interpret(text, spec);
  if (typeof value === "object" && "reason" in value) {
    throw new ParasyncError(
      "usage",
      `Cannot use ${source}=${printable(text, 80)}: ${value.reason}`,
    );
  }
  return value;
}
