import type { Output, TerminalSize } from "./output.ts";
import { unpainted } from "./paint.ts";
import { displayWidth } from "./width.ts";

/** An output that keeps what is written, for tests. */
export interface TestOutput extends Output {
  /** All that was written. */
  text(): string;
}

/**
 * An output for tests.
 *
 * @param traits What differs from a pipe; `size` may be changed during a test.
 */
export function testOutput(
  traits: Partial<Pick<Output, "isTerminal" | "colour">> & { size?: () => TerminalSize } = {},
): TestOutput {
  let all = "";
  const output: TestOutput = {
    isTerminal: traits.isTerminal ?? false,
    colour: traits.colour ?? false,
    size: traits.size ?? (() => ({ columns: 80, rows: 24 })),
    overlay: undefined,
    write(text) {
      const { overlay } = output;
      all += overlay === undefined ? text : `${overlay.hide()}${text}${overlay.show()}`;
    },
    text: () => all,
  };
  return output;
}

/**
 * What a terminal of `columns` shows after `text`, as rows. It knows the line feed, and "up, to the start,
 * erase below", which is all that progress uses; long lines are broken, as terminals do.
 */
export function screenAfter(
  text: string,
  columns: number,
  before: readonly string[] = [],
): string[] {
  let rows = before.flatMap((row) => broken(row, columns));
  // deno-lint-ignore no-control-regex -- terminal sequences begin with ESC
  for (const part of text.split(/(\n|(?:\x1b\[\d+A)?\r\x1b\[J)/)) {
    if (part === "") continue;
    if (part === "\n") {
      rows.push("");
    } else if (part.endsWith("\r\x1b[J")) {
      // deno-lint-ignore no-control-regex -- as above
      const up = Number(/^\x1b\[(\d+)A/.exec(part)?.[1] ?? 0);
      rows = [...rows.slice(0, Math.max(0, rows.length - 1 - up)), ""];
    } else {
      rows.push(...broken(`${rows.pop() ?? ""}${unpainted(part)}`, columns));
    }
  }
  return rows;
}

function broken(row: string, columns: number): string[] {
  const rows = [""];
  for (const character of row) {
    const last = rows.at(-1) ?? "";
    if (displayWidth(last + character) > columns) rows.push(character);
    else rows[rows.length - 1] = last + character;
  }
  return rows;
}
