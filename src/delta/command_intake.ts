import { ParasyncError } from "../errors.ts";
import {
  type DeltaSizes,
  type DeltaTotals,
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
  /** Asked for at the end: how many bytes the target had before, so that no stream holds them; absent: none. */
  readonly heldBytes?: (() => number) | undefined;
}

/** Reads the commands of one version of the delta. */
export interface CommandReader {
  /**
   * Takes the next bytes of the stream.
   *
   * @param piece Where they are.
   * @param from The first of them.
   * @throws {ParasyncError} Where they are malformed or not the session's.
   */
  push(piece: Uint8Array, from: number): void;
  /** Whether the stream's end has been read. */
  readonly ended: boolean;
}

/** Counts and checks commands, whatever version they were written in, and passes them on. */
export class CommandIntake {
  readonly #expected: DeltaExpectations;
  readonly #sink: DeltaSink;
  readonly #totals = noTotals();
  #commands = 0;
  #literalTarget = 0;

  /**
   * @param expected What the session knows of the delta.
   * @param sink Takes the commands.
   */
  constructor(expected: DeltaExpectations, sink: DeltaSink) {
    this.#expected = expected;
    this.#sink = sink;
  }

  /** What the stream held so far; a literal counts when its data begins. */
  get totals(): Readonly<DeltaTotals> {
    return this.#totals;
  }

  /** Takes a COPY. */
  copy(source: number, target: number, length: number): void {
    this.#count(target, length);
    const { oldSize } = this.#expected;
    if (length > oldSize || source < 0 || source > oldSize - length) {
      throw refuse(`a copy of ${length} bytes from ${source} is outside the basis`);
    }
    this.#totals.copies += 1;
    this.#totals.copiedBytes += length;
    this.#sink.copy(source, target, length);
  }

  /** Takes a ZERO. */
  zero(target: number, length: number): void {
    this.#count(target, length);
    this.#totals.zeros += 1;
    this.#totals.zeroBytes += length;
    this.#sink.zero(target, length);
  }

  /** Takes a LITERAL, whose data follows in {@linkcode data}. */
  literal(target: number, length: number): void {
    if (length > MAX_LITERAL_BYTES) throw refuse(`a literal of ${length} bytes is too long`);
    this.#count(target, length);
    this.#literalTarget = target;
    this.#totals.literals += 1;
    this.#totals.literalBytes += length;
  }

  /** Takes the next bytes of the last LITERAL's data. */
  data(bytes: Uint8Array): void {
    const target = this.#literalTarget;
    this.#literalTarget += bytes.length;
    this.#sink.literal(target, bytes);
  }

  /**
   * Takes the end.
   *
   * @param totals The totals that it states.
   * @param digest Its digest, in memory of its own; null at the end of a stream that is not the last.
   */
  end(totals: DeltaTotals, digest: Uint8Array<ArrayBuffer> | null): void {
    // What other streams held is for the session to add up; it cannot be less than nothing.
    for (const key of TOTALS) {
      const held = this.#totals[key];
      if (digest !== null ? totals[key] < held : totals[key] !== held) {
        throw refuse(`its end states ${totals[key]} ${key} and it has ${held}`);
      }
    }
    if (digest === null) return this.#sink.end({ last: false, totals });
    const { newSize, heldBytes } = this.#expected;
    const bytes = totals.copiedBytes + totals.literalBytes + totals.zeroBytes;
    if (bytes + (heldBytes?.() ?? 0) !== newSize) {
      throw refuse("its totals do not add up to the new file");
    }
    this.#sink.end({ last: true, totals, digest });
  }

  #count(target: number, length: number): void {
    const { maxCommands, newSize } = this.#expected;
    if (this.#commands >= maxCommands) {
      throw new ParasyncError(
        "too_large",
        `Cannot read delta: it has more than ${maxCommands} commands`,
      );
    }
    this.#commands += 1;
    if (length === 0) throw refuse("a command has no length");
    if (length > newSize || target < 0 || target > newSize - length) {
      throw refuse(`a command of ${length} bytes at ${target} is outside the new file`);
    }
  }
}

/** A delta that is malformed or not the session's. */
export function refuse(reason: string): ParasyncError {
  return new ParasyncError("bad_request", `Cannot read delta: ${reason}`);
}
