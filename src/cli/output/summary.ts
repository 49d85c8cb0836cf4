import type { Summary } from "../../library/summary.ts";
import { printable } from "../../telemetry/printable.ts";
import { formatBytes, formatCount, formatMillis, formatShare } from "./amounts.ts";
import { painter } from "./paint.ts";
import { displayWidth, padWidth } from "./width.ts";

export type { Summary };

/** The version of the summary's JSON, in which each name is in snake case: raised when a name goes or changes its meaning. */
export const SUMMARY_SCHEMA = 1;

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/**
 * The summary as one line of JSON, for scripts.
 *
 * @returns For example `{"type":"summary","schema":1,"scheme":"parasync",…}` without a line feed.
 */
export function summaryJson(summary: Summary): string {
  const named = Object.entries(summary).map(([name, value]) => [snakeCase(name), value] as const);
  return JSON.stringify({
    type: "summary",
    schema: SUMMARY_SCHEMA,
    ...Object.fromEntries(named),
  });
}

/** How the summary is shown. */
export interface SummaryStyle {
  /** Whether to use colours. */
  readonly colour: boolean;
  /** Columns of the terminal. */
  readonly width: number;
}

/** "20.6 times less than the file", after the definition of rsync's "speedup". */
function savedBy(summary: Summary): string {
  const wire = summary.wireUpBytes + summary.wireDownBytes;
  if (wire === 0) return "nothing";
  if (summary.newBytes === 0) return "";
  const times = summary.newBytes / wire;
  return times < 1.005
    ? "no less than the file"
    : `${times < 99.95 ? times.toFixed(times < 9.995 ? 2 : 1) : formatCount(times)} times less`;
}

const MOST_BAR = 24;

function stageLines(stages: Readonly<Record<string, number>>, style: SummaryStyle): string[] {
  const paint = painter(style.colour);
  const rows = Object.entries(stages)
    .map(([name, millis]) => ({ name: printable(name), time: formatMillis(millis), millis }));
  const names = Math.max(0, ...rows.map(({ name }) => displayWidth(name)));
  const times = Math.max(0, ...rows.map(({ time }) => time.length));
  const longest = Math.max(...rows.map(({ millis }) => millis), 0);
  const room = Math.min(MOST_BAR, style.width - 1 - (2 + names + 2 + times + 2));
  return rows.map(({ name, time, millis }) => {
    const share = longest > 0 ? millis / longest : 0;
    const bar = room < 4 ? "" : "█".repeat(Math.max(share > 0 ? 1 : 0, Math.round(share * room)));
    return `  ${padWidth(name, names)}  ${time.padStart(times)}  ${paint("cyan", bar)}`.trimEnd();
  });
}

/** What sparing bytes came to, as far as it came to anything. */
function savingRows(summary: Summary): [label: string, text: string][] {
  const { newBytes, unchangedBytes, refinedBytes, refineRounds, refineWireBytes } = summary;
  const { resumedBytes } = summary;
  const { coding, codingSavedBytes, deltaBytes } = summary;
  const share = (bytes: number): string =>
    `${formatBytes(bytes).padEnd(8)}  ${formatShare(bytes, newBytes)}`;
  const rows: [label: string, text: string][] = [];
  if (resumedBytes > 0) {
    rows.push(["resumed", `${share(resumedBytes)} there from an interrupted sync`]);
  }
  if (unchangedBytes > 0) rows.push(["unchanged", `${share(unchangedBytes)} noticed by digests`]);
  if (refineRounds > 0) {
    const rounds = `${formatCount(refineRounds)} finer ${refineRounds === 1 ? "round" : "rounds"}`;
    const text = `${share(refinedBytes)} found in ${rounds} of ${formatBytes(refineWireBytes)}`;
    rows.push(["refined", text]);
  }
  if (codingSavedBytes > 0) {
    const before = formatBytes(deltaBytes + codingSavedBytes);
    const text = `${formatBytes(codingSavedBytes).padEnd(8)}  saved by ${printable(coding)}: ` +
      `the delta is ${formatBytes(deltaBytes)}, not ${before}`;
    rows.push(["compressed", text]);
  }
  return rows;
}

/** What became of the target, and how fast. */
function headline(summary: Summary, { colour }: SummaryStyle): string {
  const paint = painter(colour);
  const { target, newBytes, elapsedMs, dryRun, verified } = summary;
  const title = paint("bold", target === "" ? "result (not kept)" : printable(target));
  const time = formatMillis(elapsedMs);
  if (dryRun) {
    return `${title}: ${paint("yellow", "would be written")}; nothing was (dry run, ${time})`;
  }
  const rate = elapsedMs > 0 ? newBytes / elapsedMs * 1000 : 0;
  const mark = verified ? paint("green", "verified") : paint("yellow", "not verified");
  return `${title}: ${mark} in ${time}, ${formatBytes(rate)}/s`;
}

/**
 * The summary for a person to read, in lines that end in line feeds.
 *
 * @param summary What the sync did.
 * @param style How to show it.
 */
export function renderSummary(summary: Summary, style: SummaryStyle): string {
  const paint = painter(style.colour);
  const { newBytes, wireUpBytes, wireDownBytes } = summary;
  const wire = wireUpBytes + wireDownBytes;
  const share = newBytes > 0 ? `, ${formatShare(wire, newBytes)} of the file` : "";
  const pieces = (count: number, noun: string): string =>
    `${formatCount(count)} ${count === 1 ? noun : `${noun}s`}`;
  const part = (bytes: number, count: number, noun: string): string =>
    `${formatBytes(bytes).padEnd(8)}  ${formatShare(bytes, newBytes)} in ${pieces(count, noun)}`;
  const rows: [label: string, text: string][] = [
    ["size", `${formatBytes(newBytes)}, before ${formatBytes(summary.oldBytes)}`],
    [summary.dryRun ? "to send" : "sent", formatBytes(wireUpBytes)],
    [summary.dryRun ? "to receive" : "received", formatBytes(wireDownBytes)],
    ["traffic", `${formatBytes(wire)}${share}: ${paint("bold", savedBy(summary))}`],
    ["copied", part(summary.copiedBytes, summary.copies, "range")],
    ["literal", part(summary.literalBytes, summary.literals, "range")],
    [
      "matched",
      `${formatCount(summary.chunksMatched)} of ${pieces(summary.chunksNew, "chunk")}` +
      // None where the basis need not be cut.
      (summary.chunksOld > 0 ? `, basis ${formatCount(summary.chunksOld)}` : ""),
    ],
    [
      "scheme",
      [printable(summary.scheme), printable(summary.mode), pieces(summary.threads, "thread")]
        .filter((part) => part !== "").join(", "),
    ],
    [
      "hashing",
      `client ${printable(summary.hwClient)}, server ${printable(summary.hwServer)} ` +
      `(--hw=${printable(summary.hwRequested)})`,
    ],
    ["digest", `${printable(summary.digestKind)} ${printable(summary.digest)}`],
  ];
  if (summary.zeroBytes > 0) {
    const share = formatShare(summary.zeroBytes, newBytes);
    const zeros = `${formatBytes(summary.zeroBytes).padEnd(8)}  ${share} not sent`;
    rows.splice(rows.findIndex(([label]) => label === "literal") + 1, 0, ["zeros", zeros]);
  }
  rows.splice(rows.findIndex(([label]) => label === "matched"), 0, ...savingRows(summary));
  if (summary.estimatedMs !== null) {
    const text = `${formatMillis(summary.estimatedMs)} on ${printable(summary.line)}: ` +
      `all bytes, one way after the other, and ${pieces(summary.roundTrips ?? 0, "round trip")}`;
    rows.unshift(["estimate", paint("bold", text)]);
  }
  if (summary.checksumsClient + summary.checksumsServer !== "") {
    const of = (origin: string): string => origin === "" ? "not needed" : printable(origin);
    const text = `client ${of(summary.checksumsClient)}, server ${of(summary.checksumsServer)}`;
    rows.splice(-1, 0, ["block checksums", text]);
  }
  if (summary.rttMs !== null) rows.splice(-1, 0, ["round trip", formatMillis(summary.rttMs)]);
  const labels = Math.max(...rows.map(([label]) => label.length));
  return [
    headline(summary, style),
    ...rows.map(([label, text]) => `  ${paint("dim", label.padEnd(labels))}  ${text}`.trimEnd()),
    ...stageLines(summary.stages, style),
  ].map((line) => `${line}\n`).join("");
}
