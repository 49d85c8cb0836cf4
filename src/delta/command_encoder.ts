import { ParasyncError } from "../errors.ts";
import {
  type DeltaSizes,
  type DeltaTotals,
  DIGEST_BYTES,
  MAX_LITERAL_BYTES,
  noTotals,
} from "./format.ts";

/** A literal this long or longer goes out as a piece of its own, without being copied. */
export const BY_REFERENCE_BYTES = 192 * 1024;

/**
 * What the versions of the delta have in common where they are written: commands with absolute target offsets,
 * in any order (ParaSync, FAST'26, §3.3.1), that are merged and counted, and an end that fits them.
 */
export abstract class CommandEncoder {
  readonly #newSize: number;
  readonly #totals = noTotals();

  /** The COPY or ZERO that the next one may continue; its length is 0 when there is none. */
  #copying = true;
  #runLength = 0;
  #runSource = 0;
  #runTarget = 0;

  /** @param sizes The files' sizes. */
  constructor(sizes: DeltaSizes) {
    this.#newSize = sizes.newSize;
  }

  /** What this stream holds so far. */
  get totals(): Readonly<DeltaTotals> {
    const totals = { ...this.#totals };
    this.#countRun(totals);
    return totals;
  }

  /**
   * Writes a COPY, or lengthens the last one when this one continues it in both files.
   *
   * @param source Where the bytes lie in the basis.
   * @param target Where they go in the new file.
   * @param length How many there are, at least 1.
   */
  copy(source: number, target: number, length: number): void {
    this.#extend(true, source, target, length);
  }

  /**
   * Writes a ZERO, or lengthens the last one when this one continues it.
   *
   * @param target Where the zeros begin in the new file.
   * @param length How many there are, at least 1.
   */
  zero(target: number, length: number): void {
    this.#extend(false, target, target, length);
  }

  /**
   * Writes LITERALs of 1 MiB at most.
   *
   * @param target Where the bytes go in the new file.
   * @param data The bytes. From {@linkcode BY_REFERENCE_BYTES} on they are passed on by reference, so they must
   * not change while what was emitted is in use.
   */
  literal(target: number, data: Uint8Array<ArrayBuffer>): void {
    this.#endRun();
    for (let at = 0; at < data.length; at += MAX_LITERAL_BYTES) {
      const part = data.length <= MAX_LITERAL_BYTES
        ? data
        : data.subarray(at, at + MAX_LITERAL_BYTES);
      this.#totals.literals += 1;
      this.#totals.literalBytes += part.length;
      this.writeLiteral(target + at, part);
    }
  }

  /** Ends this stream while others of the patch follow; nothing may be written after it. */
  part(): void {
    this.#endRun();
    this.writeEnd(this.#newSize, this.#totals, null);
    this.emitGathered();
  }

  /**
   * Ends the patch; nothing may be written after it.
   *
   * @param digest The new file's session digest, 32 bytes.
   * @param totals What all streams of the patch hold; this stream's own when there was one only.
   * @param heldBytes Bytes of the new file that the target had before, which no stream holds.
   * @throws {ParasyncError} `internal` when the totals do not add up to the new file or the digest is
   * none.
   */
  end(digest: Uint8Array, totals: Readonly<DeltaTotals> = this.totals, heldBytes = 0): void {
    this.#endRun();
    if (digest.length !== DIGEST_BYTES) {
      throw new ParasyncError(
        "internal",
        `Cannot end delta: its digest has ${digest.length} bytes`,
      );
    }
    const bytes = totals.copiedBytes + totals.literalBytes + totals.zeroBytes;
    if (bytes + heldBytes !== this.#newSize) {
      throw new ParasyncError(
        "internal",
        `Cannot end delta: its commands make ${bytes} bytes and the new file needs ` +
          `${this.#newSize - heldBytes}`,
      );
    }
    this.writeEnd(this.#newSize, totals, digest);
    this.emitGathered();
  }

  /** Emits what has been gathered, for a consumer that should not wait for it. */
  flush(): void {
    this.#endRun();
    this.emitGathered();
  }

  /** Bytes that have been written and not emitted. */
  abstract get gathered(): number;

  /** Writes one COPY. */
  protected abstract writeCopy(source: number, target: number, length: number): void;

  /** Writes one ZERO. */
  protected abstract writeZero(target: number, length: number): void;

  /** Writes one LITERAL, of 1 MiB at most. */
  protected abstract writeLiteral(target: number, data: Uint8Array<ArrayBuffer>): void;

  /** Writes the end: of the patch with a digest, of this stream without. */
  protected abstract writeEnd(
    newSize: number,
    totals: Readonly<DeltaTotals>,
    digest: Uint8Array | null,
  ): void;

  /** Emits what has been written and not emitted. */
  protected abstract emitGathered(): void;

  #extend(copying: boolean, source: number, target: number, length: number): void {
    if (
      copying === this.#copying && target === this.#runTarget + this.#runLength &&
      source === this.#runSource + this.#runLength
    ) {
      this.#runLength += length;
      return;
    }
    this.#endRun();
    this.#copying = copying;
    this.#runSource = source;
    this.#runTarget = target;
    this.#runLength = length;
  }

  #endRun(): void {
    if (this.#runLength === 0) return;
    if (this.#copying) this.writeCopy(this.#runSource, this.#runTarget, this.#runLength);
    else this.writeZero(this.#runTarget, this.#runLength);
    this.#countRun(this.#totals);
    this.#runLength = 0;
  }

  #countRun(totals: DeltaTotals): void {
    if (this.#runLength === 0) return;
    if (this.#copying) {
      totals.copies += 1;
      totals.copiedBytes += this.#runLength;
    } else {
      totals.zeros += 1;
      totals.zeroBytes += this.#runLength;
    }
  }
}
