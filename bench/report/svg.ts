/** What all plots are drawn with. */

/** Text as HTML and SVG take it. */
export function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** A number of pixels, short. */
export function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** A text; `role` is one of the classes of the page's style. */
export function label(
  x: number,
  y: number,
  text: string,
  role: string,
  anchor: "start" | "middle" | "end" = "start",
): string {
  return `<text class="${role}" x="${px(x)}" y="${px(y)}" text-anchor="${anchor}">${
    escaped(text)
  }</text>`;
}

/** A straight line. */
export function rule(x1: number, y1: number, x2: number, y2: number, role: string): string {
  return `<line class="${role}" x1="${px(x1)}" y1="${px(y1)}" x2="${px(x2)}" y2="${px(y2)}"/>`;
}

/** A whole plot: what it shows is also said in words, for those who do not see it. */
export function drawing(width: number, height: number, title: string, content: string): string {
  return `<svg viewBox="0 0 ${width} ${px(height)}" role="img" aria-label="${
    escaped(title)
  }">${content}</svg>`;
}

/** How many series look different: each has a colour and a shape of its own. */
export const SERIES = 8;

/** A mark of a series, with what it stands for when the pointer is on it. */
export function mark(series: number, x: number, y: number, about: string): string {
  const r = 4.6;
  const polygon = (points: readonly (readonly [number, number])[]): string =>
    `<polygon points="${points.map(([dx, dy]) => `${px(x + dx)},${px(y + dy)}`).join(" ")}">`;
  const shapes: readonly (() => string)[] = [
    () => `<circle cx="${px(x)}" cy="${px(y)}" r="${r}">`,
    () => polygon([[-r, -r], [r, -r], [r, r], [-r, r]].map(([a, b]) => [a! * 0.88, b! * 0.88])),
    () => polygon([[0, -r * 1.2], [r * 1.15, r * 0.8], [-r * 1.15, r * 0.8]]),
    () => polygon([[0, -r * 1.3], [r * 1.3, 0], [0, r * 1.3], [-r * 1.3, 0]]),
    () => polygon([[0, r * 1.2], [r * 1.15, -r * 0.8], [-r * 1.15, -r * 0.8]]),
    () => polygon(cross(r * 1.2, r * 0.4)),
    () =>
      polygon([[-r * 1.2, -r * 0.5], [r * 1.2, -r * 0.5], [r * 1.2, r * 0.5], [-r * 1.2, r * 0.5]]),
    () =>
      polygon([[-r * 0.5, -r * 1.2], [r * 0.5, -r * 1.2], [r * 0.5, r * 1.2], [-r * 0.5, r * 1.2]]),
  ];
  const shape = shapes[series % shapes.length]!();
  const tag = /^<(\w+)/.exec(shape)![1]!;
  return `<g class="s${series % SERIES}">${shape}<title>${escaped(about)}</title></${tag}></g>`;
}

/** A plus sign with arms of this length and half this width. */
function cross(arm: number, half: number): readonly (readonly [number, number])[] {
  return [
    [-half, -arm],
    [half, -arm],
    [half, -half],
    [arm, -half],
    [arm, half],
    [half, half],
    [half, arm],
    [-half, arm],
    [-half, half],
    [-arm, half],
    [-arm, -half],
    [-half, -half],
  ];
}

/** A key: marks and names in rows that fit into the width. Returns the drawing and its height. */
export function key(
  names: readonly string[],
  x: number,
  y: number,
  width: number,
  swatch: (series: number, x: number, y: number) => string = (series, at, line) =>
    mark(series, at, line, names[series]!),
): { readonly content: string; readonly height: number } {
  const rowHeight = 20;
  let [left, row, content] = [x, 0, ""];
  names.forEach((name, series) => {
    const wide = 30 + name.length * 6.9;
    if (left > x && left + wide > x + width) [left, row] = [x, row + 1];
    const line = y + row * rowHeight;
    content += swatch(series, left + 6, line) + label(left + 16, line + 4, name, "key");
    left += wide;
  });
  return { content, height: (row + 1) * rowHeight };
}
