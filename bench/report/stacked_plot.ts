import type { Axes } from "./dot_plot.ts";
import { linearScale } from "./scale.ts";
import { drawing, escaped, key, label, px, rule, SERIES } from "./svg.ts";

/** A bar of a {@linkcode stackedPlot}. */
export interface StackedBar {
  /** What it belongs to; said once for bars that follow each other. */
  readonly group: string;
  readonly name: string;
  /** A length for each series. */
  readonly values: readonly number[];
  /** Where a line crosses the bar, as what the parts would be if they did not overlap; null for none. */
  readonly whole: number | null;
}

const WIDTH = 860;
const LEFT = 190;
const RIGHT = 76;
const BAR = 18;
const GAP = 6;
const GROUP_GAP = 14;

/**
 * Bars of parts, one behind the other.
 *
 * @param axes What it shows.
 * @param bars At least one.
 * @param whole What the crossing line is.
 */
export function stackedPlot(
  { title, axis, series, format }: Axes,
  bars: readonly StackedBar[],
  whole: string,
): string {
  const swatch = (index: number, x: number, y: number): string =>
    index < series.length
      ? `<rect class="b${index % SERIES}" x="${px(x - 6)}" y="${
        px(y - 6)
      }" width="12" height="12" rx="2"/>`
      : rule(x, y - 8, x, y + 8, "whole");
  const legend = key([...series, whole], LEFT, 10, WIDTH - LEFT, swatch);
  const top = legend.height + 14;
  const sums = bars.map(({ values }) => values.reduce((sum, value) => sum + value, 0));
  const most = Math.max(...sums, ...bars.map((bar) => bar.whole ?? 0));
  const scale = linearScale(most, LEFT, WIDTH - RIGHT);
  let [y, body] = [top, ""];
  bars.forEach(({ group, name, values, whole: crossing }, i) => {
    const first = bars[i - 1]?.group !== group;
    if (first) {
      if (i > 0) y += GROUP_GAP - GAP;
      body += rule(0, y, WIDTH, y, "row") + label(0, y + 8 + BAR * 0.75, group, "name");
      y += 8;
    }
    body += label(LEFT - 8, y + BAR * 0.72, name, "tick", "end");
    let from = 0;
    values.forEach((value, part) => {
      if (value <= 0) return;
      const [left, right] = [scale.at(from), scale.at(from + value)];
      // A gap between parts keeps them apart where colours do not.
      body += `<rect class="b${part % SERIES}" x="${px(left)}" y="${px(y)}" width="${
        px(Math.max(0.6, right - left - 1))
      }" height="${BAR}"><title>${
        escaped(`${group}, ${name}, ${series[part]}: ${format(value)}`)
      }</title></rect>`;
      from += value;
    });
    if (crossing !== null) {
      const x = scale.at(crossing);
      body += rule(x, y - 3, x, y + BAR + 3, "whole") +
        label(
          Math.max(x, scale.at(sums[i]!)) + 8,
          y + BAR * 0.74,
          format(crossing),
          "value strong",
        );
    }
    y += BAR + GAP;
  });
  const bottom = y + 4;
  let grid = "";
  for (const tick of scale.ticks) {
    const x = scale.at(tick);
    grid += rule(x, top, x, bottom, "grid") +
      label(x, bottom + 16, format(tick), "tick", "middle");
  }
  const caption = label((LEFT + WIDTH - RIGHT) / 2, bottom + 36, axis, "axis", "middle");
  return drawing(WIDTH, bottom + 44, title, legend.content + grid + body + caption);
}
