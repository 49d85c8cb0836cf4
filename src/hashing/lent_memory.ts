/**
 * WebAssembly memories in which others than their owner may compute: a kernel's window, into which files are read and
 * whose bytes are hashed where they lie.
 */

/** Bytes that an owner leaves free for whoever computes in its memory. */
export const LENT_SCRATCH_BYTES = 4096;

/** A memory, and where in it {@linkcode LENT_SCRATCH_BYTES} are free. */
export interface LentMemory {
  /** The memory; it must never grow. */
  readonly memory: WebAssembly.Memory;
  /** Where the free bytes begin; a multiple of 16. */
  readonly scratch: number;
}

const lent = new WeakMap<ArrayBufferLike, LentMemory>();

/**
 * Lends a memory, for as long as it lives.
 *
 * @param memory The memory; it must never grow.
 * @param scratch Where in it {@linkcode LENT_SCRATCH_BYTES} are free; a multiple of 16.
 */
export function lendMemory(memory: WebAssembly.Memory, scratch: number): void {
  lent.set(memory.buffer, { memory, scratch });
}

/**
 * The memory that a view is of.
 *
 * @param buffer The view's buffer.
 * @returns The memory; undefined where it is not a lent one's.
 */
export function lentMemory(buffer: ArrayBufferLike): LentMemory | undefined {
  return lent.get(buffer);
}
