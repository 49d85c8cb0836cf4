import type { OpenFile } from "../files/open_file.ts";
import { readFully } from "../files/positional.ts";

/** What is read at once at most, in bytes. */
export const READ_BYTES = 256 << 10;

/** Reads literals from the new file, several that lie near each other at once. */
export class LiteralReader {
  readonly #file: OpenFile;
  /** What was read last: bytes [#begin, #end) of the file. */
  #memory = new Uint8Array(0);
  #begin = 0;
  #end = 0;
  #lent = false;

  /** @param file The new file. */
  constructor(file: OpenFile) {
    this.#file = file;
  }

  /** How many bytes from `position` on are among those read last. */
  held(position: number): number {
    return position < this.#begin ? 0 : Math.max(0, this.#end - position);
  }

  /**
   * Reads bytes, which takes the place of those read last.
   *
   * @param begin The first of them.
   * @param end Where they end, {@linkcode READ_BYTES} further at most.
   * @throws {ParasyncError} What keeps the file from being read.
   */
  read(begin: number, end: number): void {
    if (this.#lent || this.#memory.length === 0) this.#memory = new Uint8Array(READ_BYTES);
    this.#lent = false;
    this.#begin = begin;
    // Until they are here there is nothing.
    this.#end = begin;
    readFully(this.#file.fd, this.#memory, 0, end - begin, begin, this.#file.name);
    this.#end = end;
  }

  /** Bytes among those read last; they stay what they are until the next {@linkcode read}, or {@linkcode lend}. */
  bytes(position: number, length: number): Uint8Array<ArrayBuffer> {
    const at = position - this.#begin;
    return this.#memory.subarray(at, at + length);
  }

  /** Leaves the memory of what was read last to whoever has its bytes. */
  lend(): void {
    this.#lent = true;
  }
}
