import { logScale } from "./scale.ts";
import { drawing, key, label, mark, rule } from "./svg.ts";

/** One row of a {@linkcode dotPlot}: a value for each series, or none. */
export interface DotRow {
  readonly name: string;
  /** A line below the name. */
  readonly note: string;
  readonly values: readonly (number | null)[];
}

/** What a plot shows. */
export interface Axes {
  readonly title: string;
  /** What the axis is of, with its unit. */
  readonly axis: string;
  readonly series: readonly string[];
  /** A value for people. */
  readonly format: (value: number) => string;
}

const WIDTH = 860;
const LEFT = 150;
const RIGHT = 90;
const LANE = 17;

/**
 * Values over several powers of ten, side by side: a mark for each, by its side its value. Bars would have no end to
 * begin at on such an axis.
 *
 * @param axes What it shows.
 * @param rows At least one.
 */
export function dotPlot({ title, axis, series, format }: Axes, rows: readonly DotRow[]): string {
  const legend = key(series, LEFT, 10, WIDTH - LEFT);
  const top = legend.height + 18;
  const shown = rows.map(({ values }) => values.flatMap((value, i) => value === null ? [] : [i]));
  const heights = shown.map(({ length }) => Math.max(2, length) * LANE + 14);
  const bottom = top + heights.reduce((sum, height) => sum + height, 0);
  const all = rows.flatMap(({ values }) => values).filter((value) => value !== null && value > 0);
  const scale = logScale(
    Math.min(...all as number[]),
    Math.max(...all as number[]),
    LEFT + 12,
    WIDTH - RIGHT,
  );
  let content = legend.content;
  for (const tick of scale.ticks) {
    const x = scale.at(tick);
    content += rule(x, top, x, bottom, "grid") +
      label(x, bottom + 16, format(tick), "tick", "middle");
  }
  let y = top;
  rows.forEach(({ name, note, values }, i) => {
    content += rule(0, y, WIDTH, y, "row") + label(0, y + 20, name, "name") +
      label(0, y + 36, note, "note");
    shown[i]!.forEach((index, lane) => {
      const value = values[index]!;
      const [x, line] = [scale.at(Math.max(value, scale.ticks[0]!)), y + 15 + lane * LANE];
      content += rule(scale.at(scale.ticks[0]!), line, x, line, `stem t${index % 8}`) +
        mark(index, x, line, `${name}, ${series[index]}: ${format(value)}`) +
        label(x + 10, line + 4, format(value), index === 0 ? "value strong" : "value");
    });
    y += heights[i]!;
  });
  content += rule(0, bottom, WIDTH, bottom, "row") +
    label((LEFT + WIDTH - RIGHT) / 2, bottom + 36, axis, "axis", "middle");
  return drawing(WIDTH, bottom + 44, title, content);
}
