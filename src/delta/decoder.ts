import { ParasyncError } from "../errors.ts";
import {
  Command,
  COMMAND_BYTES,
  DELTA_MAGIC,
  DELTA_VERSION,
  type DeltaSizes,
  type DeltaTotals,
  DIGEST_BYTES,
  DIGEST_OFFSET,
  getLength,
  getU64,
  HEADER_BYTES,
  headerCheck,
  MAX_LITERAL_BYTES,
  noTotals,
  TOTALS,
} from "./format.ts";

/** How a stream of a delta ended. */
export type DeltaEnd =
  | {
    /** Other streams of the patch follow. */
    readonly last: false;
    /** What the stream holds. */
    readonly totals: DeltaTotals;
  }
  | {
    /** The patch is complete. */
    readonly last: true;
    /** What the whole patch holds, as the stream states it. */
    readonly totals: DeltaTotals;
    /** The new file's session digest, 32 bytes in memory of their own. */
    readonly digest: Uint8Array<ArrayBuffer>;
  };

/** How the last stream of a patch ended. */
export type PatchEnd = Extract<DeltaEnd, { last: true }>;

/** Takes a delta's commands as they are decoded. What it throws passes through the decoder. */
export interface DeltaSink {
  /** Bytes of the basis go to the target; both ranges lie in their files, the length is at least 1. */
  copy(source: number, target: number, length: number): void;
  /** Bytes go to the target: a part of a literal, or all of it, as a view of what was pushed. */
  literal(target: number, bytes: Uint8Array): void;
  /** The target is zero for `length` bytes. */
  zero(target: number, length: number): void;
  /** The stream is complete. */
  end(end: DeltaEnd): void;
}

/** What a session knows of the delta it is sent. */
export interface DeltaExpectations extends DeltaSizes {
  /** The most commands to accept in this stream. */
  readonly maxCommands: number;
}

/**
 * Reads a delta, version 1 (docs/protocol.md), as it arrives.
 *
 * It behaves the same however the stream is cut into pieces, except that a literal that spans pieces
 * reaches the sink in parts. It holds less than a hundred bytes between pieces. That every byte of the
 * target is covered exactly once is not its concern but that of Coverage.
 */
export class DeltaDecoder {
  readonly #expected: DeltaExpectations;
  readonly #sink: DeltaSink;
  readonly #totals = noTotals();
  #state: "header" | "commands" | "ended" | "failed" = "header";

  /** A header or command that spans pieces. */
  readonly #partial = new Uint8Array(Math.max(...COMMAND_BYTES));
  readonly #partialView = new DataView(this.#partial.buffer);
  #partialFilled = 0;

  /** What is left of the literal whose data is arriving. */
  #literalLeft = 0;
  #literalTarget = 0;

  /**
   * @param expected The sizes the header must state and the most commands to accept.
   * @param sink Takes the commands.
   */
  constructor(expected: DeltaExpectations, sink: DeltaSink) {
    this.#expected = expected;
    this.#sink = sink;
  }

  /** What this stream held so far; a literal counts when its data begins. */
  get totals(): Readonly<DeltaTotals> {
    return { ...this.#totals };
  }

  /** Whether the stream's end has been read. */
  get ended(): boolean {
    return this.#state === "ended";
  }

  /**
   * Takes the next piece of the stream.
   *
   * @param piece Any number of bytes.
   * @throws {ParasyncError} `bad_request` for a delta that is malformed or not the session's,
   * `unsupported_version` for one of another version, `too_large` for one of too many commands; from then
   * on every call fails.
   */
  push(piece: Uint8Array): void {
    if (this.#state === "failed") throw refuse("an earlier part of it was refused");
    const state = this.#state;
    this.#state = "failed";
    this.#state = this.#push(piece, state);
  }

  /**
   * Says that the stream is over.
   *
   * @throws {ParasyncError} `stream` when its end has not been read.
   */
  finish(): void {
    if (this.#state !== "ended") {
      throw new ParasyncError(
        "stream",
        "Cannot read delta: the stream is over before its end command",
      );
    }
  }

  #push(piece: Uint8Array, before: "header" | "commands" | "ended"): typeof before {
    const view = new DataView(piece.buffer, piece.byteOffset, piece.length);
    let state = before;
    let at = 0;
    while (at < piece.length) {
      if (state === "ended") throw refuse("data follows its end command");
      if (this.#literalLeft > 0) {
        at += this.#takeLiteral(piece, at);
        continue;
      }
      const needed = state === "header"
        ? HEADER_BYTES
        : commandBytes(this.#partialFilled > 0 ? this.#partial[0]! : piece[at]!);
      if (this.#partialFilled === 0 && piece.length - at >= needed) {
        state = this.#take(state, view, at);
        at += needed;
        continue;
      }
      const taken = Math.min(piece.length - at, needed - this.#partialFilled);
      this.#partial.set(piece.subarray(at, at + taken), this.#partialFilled);
      this.#partialFilled += taken;
      at += taken;
      if (this.#partialFilled < needed) break;
      this.#partialFilled = 0;
      state = this.#take(state, this.#partialView, 0);
    }
    return state;
  }

  #take(state: "header" | "commands", view: DataView, at: number): "commands" | "ended" {
    if (state === "header") {
      this.#takeHeader(view, at);
      return "commands";
    }
    return this.#takeCommand(view, at) ? "ended" : "commands";
  }

  #takeHeader(view: DataView, at: number): void {
    if (view.getUint32(at, true) !== DELTA_MAGIC) throw refuse("it does not begin with PSD1");
    const version = view.getUint16(at + 4, true);
    if (version !== DELTA_VERSION) {
      throw new ParasyncError(
        "unsupported_version",
        `Cannot read delta: its version is ${version} and only ${DELTA_VERSION} is known`,
      );
    }
    if (view.getUint32(at + 28, true) !== headerCheck(view, at)) {
      throw refuse("its header's check does not match");
    }
    if (view.getUint16(at + 6, true) !== 0 || view.getUint32(at + 24, true) !== 0) {
      throw refuse("its header has unknown flags");
    }
    const { oldSize, newSize } = this.#expected;
    if (getU64(view, at + 8) !== oldSize || getU64(view, at + 16) !== newSize) {
      throw refuse(`its sizes are not the session's ${oldSize} and ${newSize}`);
    }
  }

  /** @returns Whether it was the stream's end. */
  #takeCommand(view: DataView, at: number): boolean {
    const command = view.getUint8(at);
    const length = getLength(view, at);
    if (command === Command.END || command === Command.PART) {
      this.#takeEnd(command === Command.END, length, view, at);
      return true;
    }
    const { copies, literals, zeros } = this.#totals;
    if (copies + literals + zeros >= this.#expected.maxCommands) {
      throw new ParasyncError(
        "too_large",
        `Cannot read delta: it has more than ${this.#expected.maxCommands} commands`,
      );
    }
    if (length === 0) throw refuse("a command has no length");
    if (command === Command.COPY) this.#takeCopy(length, view, at);
    else if (command === Command.ZERO) this.#takeZero(length, view, at);
    else this.#beginLiteral(length, view, at);
    return false;
  }

  #takeCopy(length: number, view: DataView, at: number): void {
    const source = getU64(view, at + 8);
    const target = this.#target(getU64(view, at + 16), length);
    if (length > this.#expected.oldSize || source > this.#expected.oldSize - length) {
      throw refuse(`a copy of ${length} bytes from ${source} is outside the basis`);
    }
    this.#totals.copies += 1;
    this.#totals.copiedBytes += length;
    this.#sink.copy(source, target, length);
  }

  #takeZero(length: number, view: DataView, at: number): void {
    const target = this.#target(getU64(view, at + 8), length);
    this.#totals.zeros += 1;
    this.#totals.zeroBytes += length;
    this.#sink.zero(target, length);
  }

  #beginLiteral(length: number, view: DataView, at: number): void {
    if (length > MAX_LITERAL_BYTES) throw refuse(`a literal of ${length} bytes is too long`);
    this.#literalTarget = this.#target(getU64(view, at + 8), length);
    this.#literalLeft = length;
    this.#totals.literals += 1;
    this.#totals.literalBytes += length;
  }

  #takeLiteral(piece: Uint8Array, at: number): number {
    const taken = Math.min(piece.length - at, this.#literalLeft);
    const target = this.#literalTarget;
    this.#literalTarget += taken;
    this.#literalLeft -= taken;
    this.#sink.literal(target, piece.subarray(at, at + taken));
    return taken;
  }

  #takeEnd(last: boolean, newSize: number, view: DataView, at: number): void {
    if (newSize !== this.#expected.newSize) throw refuse("its end states another size");
    const totals = noTotals();
    for (let i = 0; i < TOTALS.length; i++) totals[TOTALS[i]!] = getU64(view, at + 8 + i * 8);
    // What other streams held is for the session to add up; it cannot be less than nothing.
    for (const key of TOTALS) {
      if (last ? totals[key] < this.#totals[key] : totals[key] !== this.#totals[key]) {
        throw refuse(`its end states ${totals[key]} ${key} and it has ${this.#totals[key]}`);
      }
    }
    if (!last) return this.#sink.end({ last, totals });
    if (totals.copiedBytes + totals.literalBytes + totals.zeroBytes !== newSize) {
      throw refuse("its totals do not add up to the new file");
    }
    const digest = new Uint8Array(DIGEST_BYTES);
    digest.set(new Uint8Array(view.buffer, view.byteOffset + at + DIGEST_OFFSET, DIGEST_BYTES));
    this.#sink.end({ last, totals, digest });
  }

  #target(target: number, length: number): number {
    const { newSize } = this.#expected;
    if (length > newSize || target > newSize - length) {
      throw refuse(`a command of ${length} bytes at ${target} is outside the new file`);
    }
    return target;
  }
}

function commandBytes(command: number): number {
  const bytes = COMMAND_BYTES[command];
  if (bytes === undefined) throw refuse(`it has an unknown command ${command}`);
  return bytes;
}

function refuse(reason: string): ParasyncError {
  return new ParasyncError("bad_request", `Cannot read delta: ${reason}`);
}
