/**
 * A table for people: the first column flush left, the others flush right.
 *
 * @param rows Cells; the first row is the head.
 * @param indent Columns before every line.
 * @returns Lines with their line feeds.
 */
export function renderTable(rows: readonly (readonly string[])[], indent: number): string {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from(
    { length: columns },
    (_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  return rows.map((row) => {
    const cells = widths.map((width, column) => {
      const cell = row[column] ?? "";
      return column === 0 ? cell.padEnd(width) : cell.padStart(width);
    });
    return `${" ".repeat(indent)}${cells.join("  ").trimEnd()}\n`;
  }).join("");
}
