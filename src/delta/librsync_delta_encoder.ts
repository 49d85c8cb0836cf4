import { MAX_LITERAL_BYTES } from "./format.ts";
import {
  LIBRSYNC_DELTA_HEADER_BYTES,
  LIBRSYNC_DELTA_MAGIC,
  LibrsyncCommand,
  type LibrsyncTotals,
  MOST_COMMAND_BYTES,
  noLibrsyncTotals,
  PARAMETER_WIDTHS,
  widthIndexOf,
} from "./librsync_delta.ts";

/** Commands and short literals are gathered into pieces of this many bytes. */
const GATHER_BYTES = 128 * 1024;

/** A literal this long or longer goes out as a piece of its own, without being copied. */
const BY_REFERENCE_BYTES = 64 * 1024;

/** Writes a delta in librsync's format, in the order of the new file; it holds no more than one piece. */
export class LibrsyncDeltaEncoder {
  readonly #emit: (piece: Uint8Array) => void;
  readonly #totals = noLibrsyncTotals();
  readonly #gather = new Uint8Array(GATHER_BYTES);
  readonly #view = new DataView(this.#gather.buffer);
  #filled = 0;
  /** The copy that the next one may continue; its length is 0 where there is none. */
  #copySource = 0;
  #copyLength = 0;

  /**
   * Begins the delta.
   *
   * @param emit Takes each piece, in order, and is done with it when it returns: its memory is used again.
   */
  constructor(emit: (piece: Uint8Array) => void) {
    this.#emit = emit;
    this.#view.setUint32(0, LIBRSYNC_DELTA_MAGIC);
    this.#filled = LIBRSYNC_DELTA_HEADER_BYTES;
  }

  /** What the delta holds so far, but for a copy that may still become longer. */
  get totals(): Readonly<LibrsyncTotals> {
    return { ...this.#totals };
  }

  /**
   * The next bytes of the new file are the basis's. Copies that continue each other become one.
   *
   * @param source Where they lie in the basis.
   * @param length How many they are, at least 1.
   */
  copy(source: number, length: number): void {
    if (this.#copyLength > 0 && source === this.#copySource + this.#copyLength) {
      this.#copyLength += length;
      return;
    }
    this.#endCopy();
    this.#copySource = source;
    this.#copyLength = length;
  }

  /**
   * The next bytes of the new file are these.
   *
   * @param data The bytes; commands of 1 MiB at most are made of them.
   */
  literal(data: Uint8Array): void {
    this.#endCopy();
    for (let at = 0; at < data.length; at += MAX_LITERAL_BYTES) {
      this.#literal(data.subarray(at, at + MAX_LITERAL_BYTES));
    }
  }

  /** Ends the delta; nothing may be written after it. */
  end(): void {
    this.#endCopy();
    this.#reserve(1);
    this.#gather[this.#filled++] = LibrsyncCommand.END;
    this.#flush();
  }

  #endCopy(): void {
    const [source, length] = [this.#copySource, this.#copyLength];
    if (length === 0) return;
    this.#copyLength = 0;
    const [wide, long] = [widthIndexOf(source), widthIndexOf(length)];
    this.#reserve(MOST_COMMAND_BYTES);
    this.#gather[this.#filled++] = LibrsyncCommand.COPY + 4 * wide + long;
    this.#put(source, wide);
    this.#put(length, long);
    this.#totals.copies += 1;
    this.#totals.copiedBytes += length;
  }

  #literal(data: Uint8Array): void {
    const { length } = data;
    this.#totals.literals += 1;
    this.#totals.literalBytes += length;
    this.#reserve(MOST_COMMAND_BYTES);
    if (length <= LibrsyncCommand.LAST_SHORT_LITERAL) {
      this.#gather[this.#filled++] = length;
    } else {
      const long = widthIndexOf(length);
      this.#gather[this.#filled++] = LibrsyncCommand.LITERAL + long;
      this.#put(length, long);
    }
    if (length >= BY_REFERENCE_BYTES) {
      this.#flush();
      this.#emit(data);
      return;
    }
    this.#reserve(length);
    this.#gather.set(data, this.#filled);
    this.#filled += length;
  }

  #put(value: number, widthIndex: number): void {
    const width = PARAMETER_WIDTHS[widthIndex]!;
    const at = this.#filled;
    this.#filled += width;
    if (width === 1) this.#view.setUint8(at, value);
    else if (width === 2) this.#view.setUint16(at, value);
    else if (width === 4) this.#view.setUint32(at, value);
    else this.#view.setBigUint64(at, BigInt(value));
  }

  #reserve(bytes: number): void {
    if (this.#filled + bytes > GATHER_BYTES) this.#flush();
  }

  #flush(): void {
    if (this.#filled === 0) return;
    this.#emit(this.#gather.subarray(0, this.#filled));
    this.#filled = 0;
  }
}
