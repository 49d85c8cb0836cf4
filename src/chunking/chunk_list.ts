/**
 * The chunks of one file in columns: offset, length and weak checksum, 16 bytes a chunk.
 *
 * Chunks lie one behind the other from offset 0; they are appended a block's worth at a time.
 */
export class ChunkList {
  /** Where chunk i starts, in bytes. */
  offsets: Float64Array;
  /** How long chunk i is, in bytes. */
  lengths: Uint32Array;
  /** CRC-32 of chunk i. */
  weaks: Uint32Array;
  /** How many chunks there are. */
  count = 0;
  /** Bytes covered so far: the offset of the next chunk. */
  bytes = 0;

  /** @param capacity How many chunks to make room for at first. */
  constructor(capacity: number) {
    this.offsets = new Float64Array(capacity);
    this.lengths = new Uint32Array(capacity);
    this.weaks = new Uint32Array(capacity);
  }

  /**
   * Appends the chunks that follow the last one.
   *
   * @param lengths Their lengths in bytes.
   * @param weaks Their weak checksums.
   */
  append(lengths: Uint32Array, weaks: Uint32Array): void {
    const first = this.count;
    const count = first + lengths.length;
    if (count > this.lengths.length) this.#grow(count);
    this.lengths.set(lengths, first);
    this.weaks.set(weaks, first);
    let offset = this.bytes;
    for (let i = 0; i < lengths.length; i++) {
      this.offsets[first + i] = offset;
      offset += lengths[i]!;
    }
    this.count = count;
    this.bytes = offset;
  }

  #grow(needed: number): void {
    const capacity = Math.max(needed, Math.ceil(this.lengths.length * 1.5));
    this.offsets = widened(this.offsets, new Float64Array(capacity));
    this.lengths = widened(this.lengths, new Uint32Array(capacity));
    this.weaks = widened(this.weaks, new Uint32Array(capacity));
  }
}

/** Copies a column into a longer one and returns the longer one. */
export function widened<Column extends Float64Array | Uint32Array | Int32Array | Uint8Array>(
  column: Column,
  longer: Column,
): Column {
  longer.set(column);
  return longer;
}
