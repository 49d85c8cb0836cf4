/** What is drawn below the lines of a terminal and stays there, such as progress. */
export interface Overlay {
  /** @returns The text that takes the drawing away. */
  hide(): string;
  /** @returns The text that draws it again. */
  show(): string;
}

/** Where text goes: one of the standard streams, or a test's. */
export interface Output {
  /** Writes text as it is. Names and peers' texts go through `printable` before. */
  write(text: string): void;
  /** Whether a terminal shows it. */
  readonly isTerminal: boolean;
  /** Whether to use colours: a terminal that can, and no NO_COLOR. */
  readonly colour: boolean;
  /** Its size now, in characters; 80 by 24 where it has none. */
  size(): TerminalSize;
  /** What is kept below everything that is written. */
  overlay: Overlay | undefined;
}

/** Characters across and down. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** The part of `Deno.stdout` and `Deno.stderr` that is needed. */
export interface OutputStream {
  writeSync(bytes: Uint8Array): number;
  isTerminal(): boolean;
}

/** Reads one environment variable. */
type Env = (name: string) => string | undefined;

const NO_TERMINAL: TerminalSize = { columns: 80, rows: 24 };

function terminalSize(): TerminalSize {
  try {
    const { columns, rows } = Deno.consoleSize();
    // Some terminals say 0 before they are laid out.
    return columns > 0 && rows > 0 ? { columns, rows } : NO_TERMINAL;
  } catch {
    return NO_TERMINAL;
  }
}

function writeAll(stream: OutputStream, bytes: Uint8Array): void {
  let written = 0;
  while (written < bytes.length) {
    try {
      written += stream.writeSync(bytes.subarray(written));
    } catch (error) {
      // Whoever read it is gone, as in `parasync … | head`: that does not make the sync a failure.
      if (error instanceof Deno.errors.BrokenPipe) return;
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

/**
 * An output over a standard stream.
 *
 * @param stream `Deno.stdout` or `Deno.stderr`.
 * @param env The environment, for NO_COLOR (https://no-color.org) and TERM.
 * @returns The output.
 */
export function createOutput(stream: OutputStream, env: Env): Output {
  const encoder = new TextEncoder();
  const isTerminal = stream.isTerminal();
  const output: Output = {
    isTerminal,
    colour: isTerminal && !env("NO_COLOR") && env("TERM") !== "dumb",
    size: () => isTerminal ? terminalSize() : NO_TERMINAL,
    overlay: undefined,
    write(text) {
      const { overlay } = output;
      const all = overlay === undefined ? text : `${overlay.hide()}${text}${overlay.show()}`;
      writeAll(stream, encoder.encode(all));
    },
  };
  return output;
}
