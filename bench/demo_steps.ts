import type { Output } from "../src/cli/output/output.ts";
import { painter } from "../src/cli/output/paint.ts";

const TITLE_COLUMNS = 24;

/** Numbered lines that tell what is being done and then what came of it. */
export class DemoSteps {
  readonly #output: Output;
  #number = 0;
  #title = "";
  #open = false;

  /** @param output Where to. */
  constructor(output: Output) {
    this.#output = output;
  }

  /** Begins a step; a terminal shows it at once. */
  begin(title: string): void {
    this.#number++;
    this.#title = title;
    this.#open = true;
    if (this.#output.isTerminal) this.#output.write(`${this.#head()} …`);
  }

  /** Ends the step. */
  end(result: string): void {
    this.#open = false;
    const back = this.#output.isTerminal ? "\r\x1b[K" : "";
    this.#output.write(`${back}${this.#head().padEnd(TITLE_COLUMNS)}  ${result}\n`);
  }

  /** Leaves a step that was begun as it is, so that what follows gets a line of its own. */
  leave(): void {
    if (this.#open && this.#output.isTerminal) this.#output.write("\n");
    this.#open = false;
  }

  #head(): string {
    const { colour } = this.#output;
    const number = painter(colour)("cyan", String(this.#number));
    return `  ${number}  ${this.#title.padEnd(TITLE_COLUMNS)}`;
  }
}
