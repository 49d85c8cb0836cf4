import type { Output, TerminalSize } from "./output.ts";
import { unpainted } from "./paint.ts";
import { renderProgress, renderProgressLine, type StageProgress } from "./progress_lines.ts";
import { displayWidth } from "./width.ts";

/** When progress is shown: on a terminal as bars and elsewhere as lines (`auto`, `on`), or never. */
export type ProgressChoice = "auto" | "on" | "off";

/** What a test puts in the place of the clock. */
export interface ProgressTiming {
  /** Milliseconds from any fixed origin. */
  readonly now: () => number;
  /** Calls `tick` every `millis` until the returned function is called. */
  readonly every: (millis: number, tick: () => void) => () => void;
}

const SYSTEM_TIMING: ProgressTiming = {
  now: () => performance.now(),
  every(millis, tick) {
    const timer = setInterval(tick, millis);
    // Progress never keeps a program alive.
    Deno.unrefTimer(timer);
    return () => clearInterval(timer);
  },
};

const REDRAW_MILLIS = 100;
const LINE_MILLIS = 5000;
/** Rates are of about the last two seconds, so that a stall shows. */
const RATE_MILLIS = 2000;

interface Row {
  doneBytes: number;
  totalBytes: number;
  /** Earlier places, oldest first, for the rate. */
  readonly samples: { readonly at: number; readonly doneBytes: number }[];
}

/** Clears from the line `up` lines higher to the end of the screen. */
function erase(up: number): string {
  return `${up > 0 ? `\x1b[${up}A` : ""}\r\x1b[J`;
}

/**
 * Shows how far the stages of a sync are, at both ends. On a terminal: a bar for each stage, redrawn ten
 * times a second below whatever else is written, and gone at the end. Elsewhere: a line every 5 seconds.
 */
export class ProgressView {
  readonly #output: Output;
  readonly #timing: ProgressTiming;
  readonly #rows = new Map<string, Row>();
  #drawn: readonly string[] = [];
  #stop: (() => void) | undefined;

  /**
   * @param output Where to, as a rule stderr.
   * @param choice Whether at all.
   * @param timing The clock.
   */
  constructor(output: Output, choice: ProgressChoice, timing: ProgressTiming = SYSTEM_TIMING) {
    this.#output = output;
    this.#timing = timing;
    if (choice === "off") return;
    if (!output.isTerminal) {
      this.#stop = timing.every(LINE_MILLIS, () => this.#writeLine());
      return;
    }
    output.overlay = { hide: () => this.#hide(), show: () => this.#show() };
    // An empty write moves the overlay.
    this.#stop = timing.every(REDRAW_MILLIS, () => output.write(""));
  }

  /**
   * Notes how far a stage is. Costs two stores; drawing is the clock's work. Stages show in the order of
   * their first call.
   *
   * @param stage For example `client chunk`.
   * @param doneBytes Bytes done.
   * @param totalBytes Bytes in all; `NaN` where that is unknown.
   */
  update(stage: string, doneBytes: number, totalBytes: number): void {
    const row = this.#rows.get(stage);
    if (row === undefined) {
      this.#rows.set(stage, { doneBytes, totalBytes, samples: [] });
    } else {
      row.doneBytes = doneBytes;
      row.totalBytes = totalBytes;
    }
  }

  /** Takes the bars away and stops. May be called twice. */
  finish(): void {
    this.#stop?.();
    this.#stop = undefined;
    if (this.#output.overlay === undefined) return;
    const text = this.#hide();
    this.#output.overlay = undefined;
    if (text !== "") this.#output.write(text);
  }

  #progress(): StageProgress[] {
    const now = this.#timing.now();
    return [...this.#rows].map(([stage, row]) => ({
      stage,
      doneBytes: row.doneBytes,
      totalBytes: row.totalBytes,
      bytesPerSecond: rateOf(row, now),
    }));
  }

  #hide(): string {
    if (this.#drawn.length === 0) return "";
    const { columns } = this.#output.size();
    // A terminal that was made narrower has broken the drawn lines into several.
    const rows = this.#drawn.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(displayWidth(unpainted(line)) / columns)),
      0,
    );
    this.#drawn = [];
    return erase(rows - 1);
  }

  #show(): string {
    const { columns, rows }: TerminalSize = this.#output.size();
    // The last column stays free, since writing to it makes some terminals begin a new line.
    const style = { colour: this.#output.colour, width: Math.max(1, columns - 1) };
    const lines = renderProgress(this.#progress(), style);
    // Lines that scroll away cannot be erased: show the latest stages that fit.
    this.#drawn = lines.slice(-Math.max(1, rows - 1));
    return this.#drawn.join("\n");
  }

  #writeLine(): void {
    if (this.#rows.size > 0) {
      this.#output.write(`progress: ${renderProgressLine(this.#progress())}\n`);
    }
  }
}

function rateOf(row: Row, now: number): number | undefined {
  const { samples, doneBytes, totalBytes } = row;
  const last = samples.at(-1);
  // Once done, the rate stays what it was.
  if (last === undefined || !(last.doneBytes >= totalBytes)) samples.push({ at: now, doneBytes });
  const latest = samples.at(-1);
  while (samples.length > 2 && (latest?.at ?? now) - (samples[1]?.at ?? now) >= RATE_MILLIS) {
    samples.shift();
  }
  const first = samples[0];
  if (first === undefined || latest === undefined || latest.at <= first.at) return undefined;
  return Math.max(0, (latest.doneBytes - first.doneBytes) / (latest.at - first.at) * 1000);
}
