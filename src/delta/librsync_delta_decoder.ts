import { ParasyncError } from "../errors.ts";
import {
  LIBRSYNC_DELTA_HEADER_BYTES,
  LIBRSYNC_DELTA_MAGIC,
  LibrsyncCommand,
  type LibrsyncTotals,
  MOST_COMMAND_BYTES,
  noLibrsyncTotals,
  PARAMETER_WIDTHS,
} from "./librsync_delta.ts";

/** Takes the commands of a delta as they are decoded. What it throws passes through the decoder. */
export interface LibrsyncDeltaSink {
  /** The next bytes of the new file are the basis's; the range lies in it, the length is at least 1. */
  copy(source: number, length: number): void;
  /** The next bytes of the new file: a part of a literal, or all of it, as a view of what was pushed. */
  literal(bytes: Uint8Array): void;
}

/**
 * Reads a delta in librsync's format as it arrives, believing nothing.
 *
 * It behaves the same however the delta is cut into pieces, except that a literal that spans pieces reaches the
 * sink in parts. It holds a command between pieces, and no more.
 */
export class LibrsyncDeltaDecoder {
  readonly #name: string;
  readonly #basisSize: number;
  readonly #sink: LibrsyncDeltaSink;
  readonly #totals = noLibrsyncTotals();
  #state: "header" | "commands" | "ended" | "failed" = "header";
  /** A header or command that spans pieces. */
  readonly #partial = new Uint8Array(MOST_COMMAND_BYTES);
  readonly #partialView = new DataView(this.#partial.buffer);
  #filled = 0;
  /** What is left of the literal whose data is arriving. */
  #literalLeft = 0;

  /**
   * @param name What the delta is called in messages.
   * @param basisSize Size of the basis in bytes.
   * @param sink Takes the commands.
   */
  constructor(name: string, basisSize: number, sink: LibrsyncDeltaSink) {
    this.#name = name;
    this.#basisSize = basisSize;
    this.#sink = sink;
  }

  /** What the delta held so far; a literal counts when its data begins. */
  get totals(): Readonly<LibrsyncTotals> {
    return { ...this.#totals };
  }

  /** Bytes of the new file that the commands so far make. */
  get newSize(): number {
    return this.#totals.copiedBytes + this.#totals.literalBytes;
  }

  /**
   * Takes the next piece.
   *
   * @param piece Any number of bytes.
   * @throws {ParasyncError} `bad_request` for what is no delta or not one to this basis; from then on every call
   * fails.
   */
  push(piece: Uint8Array): void {
    if (this.#state === "failed") throw this.#refused("an earlier part of it was refused");
    const state = this.#state;
    this.#state = "failed";
    this.#state = this.#push(piece, state);
  }

  /**
   * Says that the delta is over.
   *
   * @throws {ParasyncError} `stream` where its end has not been read.
   */
  finish(): void {
    if (this.#state === "ended") return;
    throw new ParasyncError("stream", `Cannot read ${this.#name}: the delta is cut short`);
  }

  #push(piece: Uint8Array, before: "header" | "commands" | "ended"): typeof before {
    const view = new DataView(piece.buffer, piece.byteOffset, piece.length);
    let state = before;
    let at = 0;
    while (at < piece.length) {
      if (state === "ended") throw this.#refused("data follows its end");
      if (this.#literalLeft > 0) {
        const taken = Math.min(piece.length - at, this.#literalLeft);
        this.#literalLeft -= taken;
        this.#sink.literal(piece.subarray(at, at + taken));
        at += taken;
        continue;
      }
      const needed = state === "header"
        ? LIBRSYNC_DELTA_HEADER_BYTES
        : this.#commandBytes(this.#filled > 0 ? this.#partial[0]! : piece[at]!);
      if (this.#filled === 0 && piece.length - at >= needed) {
        state = this.#take(state, view, at);
        at += needed;
        continue;
      }
      const taken = Math.min(piece.length - at, needed - this.#filled);
      this.#partial.set(piece.subarray(at, at + taken), this.#filled);
      this.#filled += taken;
      at += taken;
      if (this.#filled < needed) break;
      this.#filled = 0;
      state = this.#take(state, this.#partialView, 0);
    }
    return state;
  }

  /** Bytes in a command, without a literal's data. */
  #commandBytes(command: number): number {
    if (command >= LibrsyncCommand.RESERVED) {
      throw this.#refused(`it has a reserved command, 0x${command.toString(16)}`);
    }
    if (command < LibrsyncCommand.LITERAL) return 1;
    if (command < LibrsyncCommand.COPY) {
      return 1 + PARAMETER_WIDTHS[command - LibrsyncCommand.LITERAL]!;
    }
    const [wide, long] = copyWidths(command);
    return 1 + wide + long;
  }

  #take(state: "header" | "commands", view: DataView, at: number): "commands" | "ended" {
    if (state === "header") {
      if (view.getUint32(at) !== LIBRSYNC_DELTA_MAGIC) {
        throw this.#refused("it is no delta of librsync");
      }
      return "commands";
    }
    const command = view.getUint8(at);
    if (command === LibrsyncCommand.END) return "ended";
    if (command <= LibrsyncCommand.LAST_SHORT_LITERAL) this.#beginLiteral(command);
    else if (command < LibrsyncCommand.COPY) {
      const width = PARAMETER_WIDTHS[command - LibrsyncCommand.LITERAL]!;
      this.#beginLiteral(this.#number(view, at + 1, width));
    } else {
      const [wide, long] = copyWidths(command);
      this.#copy(this.#number(view, at + 1, wide), this.#number(view, at + 1 + wide, long));
    }
    return "commands";
  }

  #beginLiteral(length: number): void {
    this.#requireLength(length);
    this.#literalLeft = length;
    this.#totals.literals += 1;
    this.#totals.literalBytes += length;
  }

  #copy(source: number, length: number): void {
    this.#requireLength(length);
    if (length > this.#basisSize || source > this.#basisSize - length) {
      throw this.#refused(
        `it copies ${length} bytes from ${source} of an old file of ${this.#basisSize} bytes`,
      );
    }
    this.#totals.copies += 1;
    this.#totals.copiedBytes += length;
    this.#sink.copy(source, length);
  }

  #requireLength(length: number): void {
    if (length === 0) throw this.#refused("a command has no length");
    if (length > Number.MAX_SAFE_INTEGER - this.newSize) {
      throw this.#refused("the new file would have more than 2^53 - 1 bytes");
    }
  }

  #number(view: DataView, at: number, width: number): number {
    if (width === 1) return view.getUint8(at);
    if (width === 2) return view.getUint16(at);
    if (width === 4) return view.getUint32(at);
    const high = view.getUint32(at);
    if (high >= 2 ** 21) throw this.#refused("a number is above 2^53 - 1");
    return high * 2 ** 32 + view.getUint32(at + 4);
  }

  #refused(reason: string): ParasyncError {
    return new ParasyncError("bad_request", `Cannot read ${this.#name}: ${reason}`);
  }
}

/** Bytes of a copy's place and of its length. */
function copyWidths(command: number): [place: number, length: number] {
  const kind = command - LibrsyncCommand.COPY;
  return [PARAMETER_WIDTHS[kind >> 2]!, PARAMETER_WIDTHS[kind & 3]!];
}
