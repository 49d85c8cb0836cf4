import { ParasyncError } from "../errors.ts";

/** A line that somebody describes, to be told how long a sync would take on it. */
export interface GivenLine {
  /** Its name in one spelling, such as `100mbit-40ms`. */
  readonly name: string;
  /** Bits a second, each way. */
  readonly bitsPerSecond: number;
  /** A round trip in ms. */
  readonly rttMs: number;
}

/** What a sync sends, in numbers that a line turns into time. */
export interface LineLoad {
  readonly upBytes: number;
  readonly downBytes: number;
  /** How often one end waits for the other before it can go on. */
  readonly roundTrips: number;
}

const BITS: Readonly<Record<string, number>> = { kbit: 1e3, mbit: 1e6, gbit: 1e9 };
const MILLIS: Readonly<Record<string, number>> = { ms: 1, s: 1000 };

/** No slower and no later than any line is. */
const LEAST_BITS = 1e3;
const MOST_BITS = 1e12;
const MOST_MS = 60_000;

/**
 * Reads a line: a rate in kbit, mbit or gbit a second and a round trip in ms or s, such as `100mbit-40ms`; a comma does
 * for the dash.
 *
 * @param text What was given.
 * @throws {ParasyncError} `usage` for anything else.
 */
export function readLine(text: string): GivenLine {
  const number = "(\\d{1,9}(?:\\.\\d{1,6})?)";
  const form = new RegExp(`^${number}([kmg]bit)(?:/s)?[-,]${number}(ms|s)$`, "i");
  const match = form.exec(text);
  const [rate, rateUnit, delay, delayUnit] = (match ?? []).slice(1).map((part) =>
    part.toLowerCase()
  );
  const bitsPerSecond = Number(rate) * (BITS[rateUnit ?? ""] ?? NaN);
  const rttMs = Number(delay) * (MILLIS[delayUnit ?? ""] ?? NaN);
  if (!(bitsPerSecond >= LEAST_BITS && bitsPerSecond <= MOST_BITS && rttMs <= MOST_MS)) {
    throw new ParasyncError(
      "usage",
      `Cannot read --line: ${
        JSON.stringify(text.slice(0, 40))
      } is no rate from 1kbit to 1000gbit and round trip of 60s at most, such as 100mbit-40ms`,
    );
  }
  return { name: `${Number(rate)}${rateUnit}-${Number(delay)}${delayUnit}`, bitsPerSecond, rttMs };
}

/**
 * How long a sync takes on a line, in ms: its bytes one way, then those the other way, each at the full rate, and its
 * round trips. What both ends have to do is not in it, nor what headers take.
 *
 * @param line The line.
 * @param load What is sent.
 */
export function estimateMillis({ bitsPerSecond, rttMs }: GivenLine, load: LineLoad): number {
  const { upBytes, downBytes, roundTrips } = load;
  return (upBytes + downBytes) * 8000 / bitsPerSecond + roundTrips * rttMs;
}
