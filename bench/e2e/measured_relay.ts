/** What the relay does by itself, beside what was measured through it. */
import { formatBytes } from "../../src/cli/output/amounts.ts";
import type { GivenLine } from "../../src/library/given_line.ts";
import { type RelayCeiling, relayCeiling } from "./relay_probe.ts";

/** A line as the relay is like it. */
export interface MeasuredRelay extends RelayCeiling {
  /** The line's name; `loopback` is the relay with no line to be like, its ceiling. */
  readonly link: string;
}

/**
 * Measures the relay, free and like each line.
 *
 * @param links The lines; null is loopback.
 */
export async function measureRelays(
  links: readonly (GivenLine | null)[],
): Promise<MeasuredRelay[]> {
  const measured: MeasuredRelay[] = [{ link: "loopback", ...await relayCeiling() }];
  for (const line of links) {
    if (line !== null) measured.push({ link: line.name, ...await relayCeiling(line) });
  }
  return measured;
}

/** The relays in a line each. */
export function renderRelays(relays: readonly MeasuredRelay[]): string {
  return relays.map(({ link, bytesPerSecond, rttMs }) =>
    `relay     ${link === "loopback" ? "free" : link}: ${formatBytes(bytesPerSecond)}/s one way, ` +
    `${rttMs.toFixed(2)} ms there and back\n`
  ).join("");
}
