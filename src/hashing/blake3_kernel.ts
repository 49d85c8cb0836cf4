import { STRONG_BYTES } from "./backend.ts";
import { MODULE_BASE64 } from "./blake3_wasm.ts";
import { LENT_SCRATCH_BYTES, type LentMemory, lentMemory } from "./lent_memory.ts";
import { viewOf } from "./view.ts";

/** What the module exports: see blake3.as. */
interface KernelExports {
  place(scratch: number): void;
  begin(): void;
  absorb(from: number, count: number): void;
  finish(from: number, length: number): void;
}

/** The kernel in one memory. */
interface Instance {
  readonly exports: KernelExports;
  /** Where a digest is when it is finished. */
  readonly digest: Uint8Array;
}

const PAGE = 65536;
/** blake3.as has it as a constant. */
const SUBTREE_BYTES = 65536;
/** Bytes that are copied at once from memory that is not lent; whole subtrees, small enough for the cache. */
const WINDOW_BYTES = 4 * SUBTREE_BYTES;
const WINDOW_AT = LENT_SCRATCH_BYTES;
/** Lanes that have nothing to do read so far behind an input. */
const SLACK = 1024;

/**
 * BLAKE3-256 in WebAssembly with SIMD, four chunks at once: 1.7 GB/s from 4 KiB on, where hash-wasm has 0.6. What
 * lies in a lent memory is hashed where it is.
 */
export class Blake3Kernel {
  readonly #module: WebAssembly.Module;
  readonly #instances = new WeakMap<ArrayBufferLike, Instance>();
  #own: LentMemory | undefined;

  private constructor(module: WebAssembly.Module) {
    this.#module = module;
  }

  /**
   * Compiles the kernel.
   *
   * @returns The kernel; undefined where WebAssembly has no SIMD.
   */
  static open(): Blake3Kernel | undefined {
    const bytes = Uint8Array.from(atob(MODULE_BASE64), (character) => character.charCodeAt(0));
    if (!WebAssembly.validate(bytes)) return undefined;
    return new Blake3Kernel(new WebAssembly.Module(bytes));
  }

  /**
   * Hashes `memory[begin, end)`; parameters as of a backend's `strong`.
   *
   * @throws {ParasyncError} `internal`, if the range does not lie in the memory.
   */
  strong(memory: Uint8Array, begin: number, end: number, out: Uint8Array, at: number): void {
    const { buffer, byteOffset, length } = viewOf(memory, begin, end);
    const lent = lentMemory(buffer);
    if (lent !== undefined && byteOffset + length + SLACK <= buffer.byteLength) {
      const { exports, digest } = this.#instanceIn(lent);
      exports.begin();
      exports.finish(byteOffset, length);
      out.set(digest, at);
      return;
    }
    const fill = (window: Uint8Array, from: number): void =>
      window.set(memory.subarray(begin + from, begin + from + window.length));
    out.set(this.hashPieces(length, fill), at);
  }

  /**
   * Hashes an input that is brought piece by piece into the kernel's own window.
   *
   * @param length How long the input is.
   * @param fill Fills the window with the input's bytes from a place on.
   * @returns The digest, until the next one is computed.
   */
  hashPieces(length: number, fill: (window: Uint8Array, from: number) => void): Uint8Array {
    const own = this.#own ??= ownMemory();
    const { exports, digest } = this.#instanceIn(own);
    exports.begin();
    for (let from = 0;; from += WINDOW_BYTES) {
      const left = length - from;
      fill(new Uint8Array(own.memory.buffer, WINDOW_AT, Math.min(left, WINDOW_BYTES)), from);
      if (left <= WINDOW_BYTES) {
        exports.finish(WINDOW_AT, left);
        return digest;
      }
      exports.absorb(WINDOW_AT, WINDOW_BYTES / SUBTREE_BYTES);
    }
  }

  #instanceIn({ memory, scratch }: LentMemory): Instance {
    const { buffer } = memory;
    const known = this.#instances.get(buffer);
    if (known !== undefined) return known;
    const { exports } = new WebAssembly.Instance(this.#module, { env: { memory } });
    const instance = {
      exports: exports as unknown as KernelExports,
      digest: new Uint8Array(buffer, scratch, STRONG_BYTES),
    };
    instance.exports.place(scratch);
    this.#instances.set(buffer, instance);
    return instance;
  }
}

/** Memory for what lies elsewhere: the scratch, then the window. */
function ownMemory(): LentMemory {
  const pages = Math.ceil((WINDOW_AT + WINDOW_BYTES + SLACK) / PAGE);
  return { memory: new WebAssembly.Memory({ initial: pages, maximum: pages }), scratch: 0 };
}
