import { escapeHtml } from "./html_text.ts";

/** A bar, or several one behind the other. */
export interface Bar {
  /** The class that colours each part, and how long the part is. */
  readonly parts: readonly { readonly colour: string; readonly value: number }[];
  /** What stands at its end. */
  readonly text: string;
}

/** A plot of bars beside the others of its row. */
export interface Panel {
  readonly title: string;
  /** For each row its bars, one below the other; none where there is nothing to show. */
  readonly rows: readonly (readonly Bar[])[];
}

/** Lengths in the picture's own unit, which is a pixel where it has all its room. */
const WIDTH = 1060;
const LABEL = 170;
const GAP = 14;
const TEXT = 58;
const HEAD = 26;
const ROW = 34;
const AREA = 24;

/**
 * Plots with bars as one picture: a row for each label, and panels that share one scale.
 *
 * @param title What it shows, for who cannot see it.
 * @param labels The rows' names.
 * @param panels The plots, from left to right.
 * @returns An SVG element without a script; colours are the page's classes.
 */
export function renderPanels(
  title: string,
  labels: readonly string[],
  panels: readonly Panel[],
): string {
  const height = HEAD + labels.length * ROW + 4;
  const width = (WIDTH - LABEL - GAP * (panels.length - 1)) / panels.length;
  const longest = Math.max(0, ...panels.flatMap(({ rows }) => rows.flat().map(lengthOf)));
  const scale = longest > 0 ? (width - TEXT) / longest : 0;
  const parts = [
    `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeHtml(title)}">`,
    ...labels.flatMap((label, row) => [
      row % 2 === 0
        ? `<rect class="stripe" x="0" y="${HEAD + row * ROW}" width="${WIDTH}" height="${ROW}"/>`
        : "",
      text("label", 8, HEAD + row * ROW + ROW / 2 + 4, label),
    ]),
    ...panels.flatMap((panel, i) => {
      const left = LABEL + i * (width + GAP);
      const bottom = HEAD + labels.length * ROW;
      return [
        text("head", left, 16, panel.title),
        `<line class="axis" x1="${left}" y1="${HEAD}" x2="${left}" y2="${bottom}"/>`,
        ...panel.rows.flatMap((bars, row) => barsAt(bars, left, HEAD + row * ROW, scale)),
      ];
    }),
    "</svg>",
  ];
  return parts.filter((part) => part !== "").join("\n");
}

function lengthOf({ parts }: Bar): number {
  return parts.reduce((sum, { value }) => sum + value, 0);
}

function barsAt(bars: readonly Bar[], left: number, top: number, scale: number): string[] {
  const thick = bars.length > 1 ? AREA / bars.length : AREA * 0.7;
  const first = top + (ROW - thick * bars.length) / 2;
  return bars.flatMap((bar, i) => {
    const y = first + i * thick;
    let x = left;
    const drawn = bar.parts.map(({ colour, value }) => {
      // Whatever there is shows.
      const length = value > 0 ? Math.max(1, value * scale) : 0;
      const rect = `<rect class="${colour}" x="${fixed(x)}" y="${fixed(y)}" ` +
        `width="${fixed(length)}" height="${fixed(thick - 1)}"/>`;
      x += length;
      return rect;
    });
    return [...drawn, text("value", x + 4, y + thick / 2 + 3.5, bar.text)];
  });
}

function text(kind: string, x: number, y: number, content: string): string {
  return `<text class="${kind}" x="${fixed(x)}" y="${fixed(y)}">${escapeHtml(content)}</text>`;
}

function fixed(value: number): string {
  return String(Math.round(value * 10) / 10);
}
