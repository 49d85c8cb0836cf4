import { escaped } from "./svg.ts";

/**
 * A table behind a heading that opens it.
 *
 * @param summary The heading.
 * @param rows Cells; the first row is the head.
 * @param left Whether the second column is flush left too.
 */
export function htmlTable(
  summary: string,
  rows: readonly (readonly string[])[],
  left = false,
): string {
  const row = (cells: readonly string[], tag: string): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join("")}</tr>`;
  const [head, ...rest] = rows;
  if (head === undefined || rest.length === 0) return "";
  return `<details><summary>${escaped(summary)}</summary><div class="table"><table${
    left ? ' class="left"' : ""
  }><thead>${row(head, "th")}</thead><tbody>${
    rest.map((cells) => row(cells, "td")).join("")
  }</tbody></table></div></details>`;
}
