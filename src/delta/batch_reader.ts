import { BatchHead } from "./batch_head.ts";
import { type CommandIntake, type CommandReader, refuse } from "./command_intake.ts";
import { DIGEST_BYTES, MAX_BATCH_COMMANDS, noTotals, Operation, TOTALS } from "./format.ts";
import { unzigzag } from "./varint.ts";

/** Reads the commands of version 2, uncompressed. It holds the commands of one batch between pieces. */
export class BatchReader implements CommandReader {
  readonly #intake: CommandIntake;
  readonly #head = new BatchHead(false);
  #ended = false;

  /** The commands of the batch at hand: so many are here, and read up to #at. */
  readonly #commands = new Uint8Array(MAX_BATCH_COMMANDS);
  #filled = 0;
  #at = 0;
  /** What no LITERAL has taken of the batch's data, and what has not come of the last one's. */
  #dataLeft = 0;
  #literalLeft = 0;

  /** Where the command before ended in the new file, and the COPY before in the basis. */
  #target = 0;
  #source = 0;

  /** @param intake Takes the commands. */
  constructor(intake: CommandIntake) {
    this.#intake = intake;
  }

  get ended(): boolean {
    return this.#ended;
  }

  push(piece: Uint8Array, from: number): void {
    let at = from;
    while (at < piece.length) {
      if (this.#ended) throw refuse("data follows its end command");
      if (this.#literalLeft > 0) {
        const taken = Math.min(piece.length - at, this.#literalLeft);
        this.#literalLeft -= taken;
        this.#intake.data(piece.subarray(at, at + taken));
        at += taken;
      } else if (this.#head.complete) {
        const taken = Math.min(piece.length - at, this.#head.commands - this.#filled);
        this.#commands.set(piece.subarray(at, at + taken), this.#filled);
        this.#filled += taken;
        at += taken;
      } else {
        at = this.#head.take(piece, at);
        if (this.#head.complete) this.#dataLeft = this.#head.data;
        continue;
      }
      // What comes next may be needed for it: a LITERAL's data, or the rest of the commands.
      if (this.#literalLeft === 0 && this.#filled === this.#head.commands) this.#run();
    }
  }

  /** Carries commands out: up to a LITERAL whose data must come first, or all. */
  #run(): void {
    while (this.#at < this.#filled) {
      this.#take();
      if (this.#literalLeft > 0) return;
    }
    if (this.#dataLeft > 0) throw refuse("a batch has data that belongs to no command");
    this.#head.clear();
    this.#filled = 0;
    this.#at = 0;
  }

  #take(): void {
    const head = this.#varint();
    const operation = head & 3;
    const length = (head - operation) / 4;
    if (operation === Operation.END) return this.#takeEnd(length);
    const target = this.#target + unzigzag(this.#varint());
    this.#target = target + length;
    if (operation === Operation.COPY) {
      const source = this.#source + unzigzag(this.#varint());
      this.#source = source + length;
      this.#intake.copy(source, target, length);
    } else if (operation === Operation.ZERO) {
      this.#intake.zero(target, length);
    } else {
      this.#intake.literal(target, length);
      if (length > this.#dataLeft) throw refuse("a literal has less data than it says");
      this.#dataLeft -= length;
      this.#literalLeft = length;
    }
  }

  #takeEnd(last: number): void {
    if (last > 1) throw refuse("its end is of no known kind");
    const totals = noTotals();
    for (const name of TOTALS) totals[name] = this.#varint();
    let digest: Uint8Array<ArrayBuffer> | null = null;
    if (last === 1) {
      digest = this.#commands.slice(this.#at, this.#at + DIGEST_BYTES);
      this.#at += DIGEST_BYTES;
    }
    if (this.#at > this.#filled) throw refuse("a command is cut short");
    if (this.#at < this.#filled || this.#dataLeft > 0) throw refuse("data follows its end command");
    this.#intake.end(totals, digest);
    this.#ended = true;
  }

  #varint(): number {
    const commands = this.#commands;
    const end = this.#filled;
    let at = this.#at;
    if (at >= end) throw refuse("a command is cut short");
    const first = commands[at++]!;
    if (first < 0x80) {
      this.#at = at;
      return first;
    }
    let value = first & 0x7f;
    let scale = 128;
    let byte: number;
    do {
      if (at >= end) throw refuse("a command is cut short");
      byte = commands[at++]!;
      value += (byte & 0x7f) * scale;
      scale *= 128;
      // Zeros would otherwise go on for ever without the value growing.
      if (value > Number.MAX_SAFE_INTEGER || (scale === 2 ** 56 && byte >= 0x80)) {
        throw refuse("a number is above 2^53 - 1");
      }
    } while (byte >= 0x80);
    if (byte === 0) throw refuse("a number is not in its shortest form");
    this.#at = at;
    return value;
  }
}
