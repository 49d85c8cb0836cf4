import { type CommandIntake, type CommandReader, refuse } from "./command_intake.ts";
import {
  Command,
  COMMAND_BYTES,
  type DeltaTotals,
  DIGEST_BYTES,
  DIGEST_OFFSET,
  getLength,
  getU64,
  noTotals,
  TOTALS,
} from "./format.ts";

/** Reads the commands of version 1. It holds less than a hundred bytes between pieces. */
export class FixedReader implements CommandReader {
  readonly #newSize: number;
  readonly #intake: CommandIntake;
  #ended = false;

  /** A command that spans pieces. */
  readonly #partial = new Uint8Array(Math.max(...COMMAND_BYTES));
  readonly #partialView = new DataView(this.#partial.buffer);
  #partialFilled = 0;

  /** What is left of the literal whose data is arriving. */
  #literalLeft = 0;

  /**
   * @param newSize The size that the end must state.
   * @param intake Takes the commands.
   */
  constructor(newSize: number, intake: CommandIntake) {
    this.#newSize = newSize;
    this.#intake = intake;
  }

  get ended(): boolean {
    return this.#ended;
  }

  push(piece: Uint8Array, from: number): void {
    const view = new DataView(piece.buffer, piece.byteOffset, piece.length);
    let at = from;
    while (at < piece.length) {
      if (this.#ended) throw refuse("data follows its end command");
      if (this.#literalLeft > 0) {
        const taken = Math.min(piece.length - at, this.#literalLeft);
        this.#literalLeft -= taken;
        this.#intake.data(piece.subarray(at, at + taken));
        at += taken;
        continue;
      }
      const needed = commandBytes(this.#partialFilled > 0 ? this.#partial[0]! : piece[at]!);
      if (this.#partialFilled === 0 && piece.length - at >= needed) {
        this.#take(view, at);
        at += needed;
        continue;
      }
      const taken = Math.min(piece.length - at, needed - this.#partialFilled);
      this.#partial.set(piece.subarray(at, at + taken), this.#partialFilled);
      this.#partialFilled += taken;
      at += taken;
      if (this.#partialFilled < needed) break;
      this.#partialFilled = 0;
      this.#take(this.#partialView, 0);
    }
  }

  #take(view: DataView, at: number): void {
    const command = view.getUint8(at);
    const length = getLength(view, at);
    if (command === Command.COPY) {
      this.#intake.copy(getU64(view, at + 8), getU64(view, at + 16), length);
    } else if (command === Command.ZERO) {
      this.#intake.zero(getU64(view, at + 8), length);
    } else if (command === Command.LITERAL) {
      this.#intake.literal(getU64(view, at + 8), length);
      this.#literalLeft = length;
    } else {
      this.#takeEnd(command === Command.END, length, view, at);
    }
  }

  #takeEnd(last: boolean, newSize: number, view: DataView, at: number): void {
    if (newSize !== this.#newSize) throw refuse("its end states another size");
    const totals: DeltaTotals = noTotals();
    for (let i = 0; i < TOTALS.length; i++) totals[TOTALS[i]!] = getU64(view, at + 8 + i * 8);
    const begin = view.byteOffset + at + DIGEST_OFFSET;
    this.#intake.end(totals, last ? copyOf(view.buffer, begin) : null);
    this.#ended = true;
  }
}

function copyOf(buffer: ArrayBufferLike, begin: number): Uint8Array<ArrayBuffer> {
  const digest = new Uint8Array(DIGEST_BYTES);
  digest.set(new Uint8Array(buffer, begin, DIGEST_BYTES));
  return digest;
}

function commandBytes(command: number): number {
  const bytes = COMMAND_BYTES[command];
  if (bytes === undefined) throw refuse(`it has an unknown command ${command}`);
  return bytes;
}
