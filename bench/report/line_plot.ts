import type { Axes } from "./dot_plot.ts";
import { linearScale, logScale } from "./scale.ts";
import { drawing, key, label, mark, px, rule } from "./svg.ts";

/** A {@linkcode linePlot}: steps along the x-axis and, for each series, a value at each of them, or none. */
export interface LinePlot extends Axes {
  /** What the x-axis is of. */
  readonly across: string;
  /** The steps, which are equally far apart. */
  readonly steps: readonly string[];
  readonly lines: readonly (readonly (number | null)[])[];
  /** Whether the y-axis is logarithmic. */
  readonly logarithmic?: boolean;
}

const WIDTH = 860;
const LEFT = 78;
const RIGHT = 30;
const HEIGHT = 260;

/**
 * How values go on over steps that are doublings or the like.
 *
 * @param plot What it shows; at least one value.
 */
export function linePlot(plot: LinePlot): string {
  const { title, axis, series, format, across, steps, lines, logarithmic = false } = plot;
  const legend = key(series, LEFT, 10, WIDTH - LEFT);
  const top = legend.height + 34;
  const bottom = top + HEIGHT;
  const all = lines.flat().filter((value) => value !== null);
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const scale = logarithmic ? logScale(least, most, bottom, top) : linearScale(most, bottom, top);
  const gap = (WIDTH - LEFT - RIGHT) / steps.length;
  const x = (step: number): number => LEFT + (step + 0.5) * gap;
  let content = legend.content + label(0, top - 14, axis, "axis");
  for (const tick of scale.ticks) {
    const y = scale.at(tick);
    content += rule(LEFT, y, WIDTH - RIGHT, y, "grid") +
      label(LEFT - 8, y + 4, format(tick), "tick", "end");
  }
  steps.forEach((step, i) => {
    content += label(x(i), bottom + 18, step, "tick", "middle");
  });
  content += label((LEFT + WIDTH - RIGHT) / 2, bottom + 38, across, "axis", "middle");
  lines.forEach((values, i) => {
    const points = values.flatMap((value, step) =>
      value === null ? [] : [[step, x(step), scale.at(value), value] as const]
    );
    const path = points.map(([, at, y], n) => `${n === 0 ? "M" : "L"}${px(at)} ${px(y)}`).join("");
    content += `<path class="path l${i % 8}" d="${path}"/>`;
    for (const [step, at, y, value] of points) {
      content += mark(i, at, y, `${series[i]}, ${steps[step]}: ${format(value)}`);
      if (i === 0) content += label(at, y - 11, format(value), "value strong", "middle");
    }
  });
  return drawing(WIDTH, bottom + 46, title, content);
}
