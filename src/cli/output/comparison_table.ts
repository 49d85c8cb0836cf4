import {
  type Comparison,
  type ContenderResult,
  countedRounds,
  type Figures,
} from "../comparison/comparison.ts";
import { type EndTimes, stageTimesOf } from "../comparison/stage_times.ts";
import { printable } from "../../telemetry/printable.ts";
import { formatBytes, formatCount } from "./amounts.ts";
import { painter } from "./paint.ts";
import { displayWidth, padWidth } from "./width.ts";

/** The heads of the columns; the first is flush left, the others flush right. */
const HEADS = [
  "",
  "hw",
  "T",
  "ms (least)",
  "chunk",
  "match",
  "apply",
  "commit",
  "sent",
  "received",
  "literal",
  "copies",
  "memory",
] as const;

/**
 * A comparison as a table for people, with what its columns are below it.
 *
 * @param comparison The comparison.
 * @param colour Whether to use colours.
 * @returns Lines that end in line feeds; the table takes 118 columns where no file is beyond 10 GB.
 */
export function renderComparison(comparison: Comparison, colour: boolean): string {
  const paint = painter(colour);
  const { results } = comparison;
  const names = results.map(({ contender }) => contender.mode ?? contender.scheme);
  const cells = results.map(({ figures }) => figures === null ? null : cellsOf(figures));
  const rows = [HEADS.slice(1), ...cells.filter((row) => row !== null)];
  const widths = HEADS.slice(1).map((_, column) =>
    Math.max(...rows.map((row) => displayWidth(row[column]!)))
  );
  const first = Math.max(
    ...results.map(({ contender }, i) => indentOf(contender) + names[i]!.length),
  );
  const line = (cells: readonly string[]): string =>
    cells.map((cell, i) => " ".repeat(2 + widths[i]! - displayWidth(cell)) + cell).join("");
  const lines = [`  ${" ".repeat(first)}${paint("dim", line(HEADS.slice(1)))}`];
  let family = "";
  for (const [i, { contender, failure }] of results.entries()) {
    if (contender.mode !== undefined && family !== contender.scheme) {
      lines.push(`  ${contender.scheme}`);
    }
    family = contender.scheme;
    const row = cells[i]!;
    const mark = row === null ? paint("red", "✗") : paint("green", "✓");
    const name = padWidth(`${" ".repeat(indentOf(contender))}${names[i]}`, first);
    const rest = row === null ? `  ${failureText(results[i]!)}` : line(row);
    lines.push(`${mark} ${name}${failure === null ? rest : paint("red", rest)}`);
  }
  return [...headings(comparison, paint("bold", "compared")), "", ...lines, "", ...legend(results)]
    .map((each) => `${each}\n`).join("");
}

function indentOf({ mode }: ContenderResult["contender"]): number {
  return mode === undefined ? 0 : 2;
}

function failureText({ failure }: ContenderResult): string {
  return failure === null ? "no run" : printable(failure.message);
}

/**
 * What was compared and how, a line each.
 *
 * @param comparison The comparison.
 * @param verb The word that begins it.
 */
export function headings({ settings, machine }: Comparison, verb = "compared"): string[] {
  const { oldFile, newFile, oldBytes, newBytes, rounds } = settings;
  const runs = countedRounds(rounds);
  const warm = rounds > 1 ? ", one more before to warm up" : ", without one to warm up";
  return [
    `${verb} ${printable(oldFile)} (${formatBytes(oldBytes)}) → ` +
    `${printable(newFile)} (${formatBytes(newBytes)})`,
    `  ${runs} ${runs === 1 ? "run" : "runs"} of each, taking turns${warm}; --hw=${settings.hw}, ` +
    `at most ${settings.threads} ${settings.threads === 1 ? "thread" : "threads"}, --store=${
      printable(settings.store)
    }, ` +
    `--fsync=${settings.fsync ? "on" : "off"}`,
    `  parasync ${machine.version}, deno ${machine.deno}, ${machine.system}, ` +
    `${machine.cores} ${machine.cores === 1 ? "core" : "cores"}; both ends in one process`,
  ];
}

function cellsOf({ elapsedMs, typical, peakBytes }: Figures): string[] {
  const { chunk, match, apply, commit } = stageTimesOf(typical.stages);
  return [
    hardware(typical.hwClient, typical.hwServer),
    String(typical.threads),
    `${whole(elapsedMs.median)} (${whole(elapsedMs.min)})`,
    both(chunk),
    both(match),
    whole(apply),
    whole(commit),
    formatBytes(typical.wireUpBytes),
    formatBytes(typical.wireDownBytes),
    formatBytes(typical.literalBytes),
    formatCount(typical.copies),
    peakBytes === null ? "–" : formatBytes(peakBytes),
  ];
}

/**
 * The backends that were used, in a word if both ends had the same.
 *
 * @param client The client's.
 * @param server The server's.
 */
export function hardware(client: string, server: string): string {
  const names = client === server ? client : `${client}+${server}`;
  return printable(names);
}

function both({ client, server }: EndTimes): string {
  return `${whole(client)}+${whole(server)}`;
}

/** What a scheme does not do takes no time at all. */
function whole(ms: number): string {
  return ms === 0 ? "–" : String(Math.round(ms));
}

/** What the columns are, and what not every row has. */
function legend(results: readonly ContenderResult[]): string[] {
  const stored = results.flatMap(({ contender, figures }) => {
    const ends = checksumsText(figures);
    return ends === "" ? [] : [`  block checksums of ${contender.name}: ${ends}`];
  });
  return [
    "  ✓ every result had NEW's digest; times in ms, chunk and match as client+server; where stages overlap",
    "  they add up to more than the whole; chunk is the signature in rsync and skysync_f, match the search;",
    "  T is the threads that worked on it, fewer than allowed where the files are small or the scheme is serial",
    ...stored,
  ];
}

/**
 * Where each end had its block checksums from.
 *
 * @param figures The figures of a contender.
 * @returns Empty where the scheme has none.
 */
export function checksumsText(figures: Figures | null): string {
  if (figures === null) return "";
  const { checksumsClient, checksumsServer } = figures.typical;
  if (checksumsClient + checksumsServer === "") return "";
  const of = (origin: string): string => origin === "" ? "not needed" : printable(origin);
  return `client ${of(checksumsClient)}, server ${of(checksumsServer)}`;
}
