import { printable } from "../../telemetry/printable.ts";
import type { Check, CheckStatus, Section } from "../doctor/check.ts";
import { tallyOf } from "./doctor_json.ts";
import { painter, type Style } from "./paint.ts";
import { displayWidth, padWidth } from "./width.ts";

/** How a diagnosis is shown. */
export interface DoctorStyle {
  /** Whether to use colours. */
  readonly colour: boolean;
  /** Columns of the terminal. */
  readonly width: number;
}

const MARKS: Readonly<Record<CheckStatus, readonly [mark: string, style: Style]>> = {
  ok: ["✓", "green"],
  note: ["!", "yellow"],
  problem: ["✗", "red"],
};

/** Lines longer than that are hard to read. */
const WIDEST = 100;
/** What stands before a label: the mark between blanks. */
const MARGIN = 4;
/** No text is squeezed into less. */
const NARROWEST = 30;

/**
 * A diagnosis for people: a line for each check, advice below it, and how many there are of each kind.
 *
 * @param sections The checks.
 * @param style How to show it.
 * @returns Lines that end in line feeds.
 */
export function renderDoctor(sections: readonly Section[], style: DoctorStyle): string {
  const paint = painter(style.colour);
  const labels = sections.flatMap(({ checks }) => checks.map(({ label }) => label.length));
  const indent = MARGIN + Math.max(...labels) + 2;
  const width = Math.max(NARROWEST, Math.min(WIDEST, style.width) - indent);
  const lines = sections.flatMap(({ title, checks }) => [
    paint("bold", printable(title)),
    ...checks.flatMap((check) => linesOf(check, indent, width, paint)),
    "",
  ]);
  return [...lines, verdict(sections, paint)].map((line) => `${line}\n`).join("");
}

type Paint = ReturnType<typeof painter>;

function linesOf(check: Check, indent: number, width: number, paint: Paint): string[] {
  const { label, status, text, advice } = check;
  const [mark, style] = MARKS[status];
  const [first = "", ...more] = wrapped(printable(text), width);
  const blanks = " ".repeat(indent);
  const told = status === "ok" ? first : paint(style, first);
  return [
    `  ${paint(style, mark)} ${padWidth(label, indent - MARGIN)}${told}`,
    ...more.map((line) => `${blanks}${status === "ok" ? line : paint(style, line)}`),
    ...advice === ""
      ? []
      : wrapped(printable(advice), width - 2).map((line, place) =>
        `${blanks}${place === 0 ? "→ " : "  "}${line}`
      ),
  ];
}

/** Breaks text at blanks; a word that is longer than a line, such as a path to copy, stays whole. */
function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line === "" || displayWidth(longer) <= columns) {
      line = longer;
      continue;
    }
    lines.push(line);
    line = word;
  }
  return [...lines, line];
}

function verdict(sections: readonly Section[], paint: Paint): string {
  const { note, problem } = tallyOf(sections);
  const counted = (count: number, what: string): string =>
    `${count} ${what}${count === 1 ? "" : "s"}`;
  const notes = note === 0 ? "" : `, ${paint("yellow", counted(note, "note"))}`;
  return problem === 0
    ? `${paint("green", "No problem")}${notes}`
    : `${paint("red", counted(problem, "problem"))}${notes}`;
}
