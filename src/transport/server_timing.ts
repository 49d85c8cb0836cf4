import type { StageTime } from "../telemetry/stages.ts";

/**
 * Stages as the value of a `Server-Timing` header: `chunk;dur=81.2;at=0.4;busy=80.1`, in ms. `dur` is what
 * browsers show; `at` counts from the session's beginning, and `busy` is how much of `dur` was work.
 *
 * @param stages The stages.
 */
export function formatTiming(stages: readonly StageTime[]): string {
  return stages.map(({ stage, beginMs, endMs, busyMs }) => {
    const dur = Math.round((endMs - beginMs) * 1000) / 1000;
    return `${stage};dur=${dur};at=${beginMs};busy=${busyMs}`;
  }).join(", ");
}

const NUMBER = "(\\d{1,12}(?:\\.\\d{1,6})?)";
const ENTRY = new RegExp(`^\\s*([a-z-]+);dur=${NUMBER};at=${NUMBER};busy=${NUMBER}\\s*$`);

/**
 * Reads {@linkcode formatTiming}'s text back.
 *
 * @param header What a server sent; what is not ours of it is left out.
 */
export function readTiming(header: string): StageTime[] {
  return header.split(",").flatMap((entry) => {
    const match = ENTRY.exec(entry);
    if (match === null) return [];
    const [stage, dur, at, busy] = [
      match[1]!,
      Number(match[2]),
      Number(match[3]),
      Number(match[4]),
    ];
    return [{ stage, beginMs: at, endMs: Math.round((at + dur) * 1000) / 1000, busyMs: busy }];
  });
}
