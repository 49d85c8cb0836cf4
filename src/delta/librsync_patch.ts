/** Builds a new file from an old one and a delta in librsync's format, as `rdiff patch` does. */
import { displayName } from "../files/file_error.ts";
import type { PinnedFile } from "../files/pinned_file.ts";
import type { LibrsyncTotals } from "./librsync_delta.ts";
import { LibrsyncDeltaDecoder, type LibrsyncDeltaSink } from "./librsync_delta_decoder.ts";

/** Bytes of the delta in memory at once; they may hold 20,000 commands. */
const DELTA_WINDOW_BYTES = 1 << 16;

/** Bytes of the new file that are gathered before they are written. */
const WINDOW_BYTES = 1 << 20;

/** What a delta makes. */
export interface DeltaMeasure {
  /** Size of the new file in bytes. */
  readonly newSize: number;
  /** What the delta holds. */
  readonly totals: LibrsyncTotals;
}

/** Takes bytes of the new file and where they go, in order; their memory is used again once its promise settles. */
export type WriteAt = (bytes: Uint8Array, position: number) => Promise<void>;

/**
 * Reads a delta to its end without doing anything, so that one that is no good is refused before anything is
 * written, and the new file's size is known.
 *
 * @param delta The delta.
 * @param basisSize Size of the old file in bytes.
 * @returns What it makes.
 * @throws {ParasyncError} As {@linkcode LibrsyncDeltaDecoder}, or what keeps the file from being read.
 */
export function measureDelta(delta: PinnedFile, basisSize: number): DeltaMeasure {
  const sink: LibrsyncDeltaSink = { copy() {}, literal() {} };
  const decoder = new LibrsyncDeltaDecoder(displayName(delta.name), basisSize, sink);
  const window = new Uint8Array(Math.min(WINDOW_BYTES, delta.size));
  for (let at = 0; at < delta.size; at += window.length) {
    const length = Math.min(window.length, delta.size - at);
    delta.read(window, 0, length, at);
    decoder.push(window.subarray(0, length));
  }
  decoder.finish();
  return { newSize: decoder.newSize, totals: decoder.totals };
}

/**
 * Builds the new file.
 *
 * @param basis The old file.
 * @param delta The delta, which {@linkcode measureDelta} has found good.
 * @param write Takes the new file.
 * @returns The new file's BLAKE3, 64 hexadecimal digits. There is nothing to compare it with.
 * @throws {ParasyncError} `changed` where one of the files changes meanwhile, or what `write` throws.
 */
export async function applyDelta(
  basis: PinnedFile,
  delta: PinnedFile,
  write: WriteAt,
): Promise<string> {
  const { createBLAKE3 } = await import("hash-wasm");
  const result = new GatheredFile(write, await createBLAKE3());
  /** Commands of the piece at hand; where there is no place in the basis, the next of the literals. */
  const places: (number | undefined)[] = [];
  const lengths: number[] = [];
  const literals: Uint8Array[] = [];
  const decoder = new LibrsyncDeltaDecoder(displayName(delta.name), basis.size, {
    copy(source, length) {
      places.push(source);
      lengths.push(length);
    },
    literal(bytes) {
      places.push(undefined);
      lengths.push(bytes.length);
      literals.push(bytes);
    },
  });
  const window = new Uint8Array(Math.min(DELTA_WINDOW_BYTES, delta.size));
  for (let at = 0; at < delta.size; at += window.length) {
    const length = Math.min(window.length, delta.size - at);
    delta.read(window, 0, length, at);
    decoder.push(window.subarray(0, length));
    let literal = 0;
    for (let i = 0; i < places.length; i++) {
      const place = places[i];
      if (place === undefined) await result.append(literals[literal++]!);
      else await result.copy(basis, place, lengths[i]!);
    }
    places.length = lengths.length = literals.length = 0;
  }
  decoder.finish();
  const digest = await result.end();
  basis.verifyUnchanged();
  delta.verifyUnchanged();
  return digest;
}

/** Computes a digest of what it is given. */
interface Hasher {
  update(bytes: Uint8Array): unknown;
  digest(form: "hex"): string;
}

/** The new file, gathered into writes of one size, and hashed on the way. */
class GatheredFile {
  readonly #write: WriteAt;
  readonly #hasher: Hasher;
  readonly #window = new Uint8Array(WINDOW_BYTES);
  #filled = 0;
  #written = 0;

  constructor(write: WriteAt, hasher: Hasher) {
    this.#write = write;
    this.#hasher = hasher;
  }

  async append(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const length = Math.min(bytes.length - at, WINDOW_BYTES - this.#filled);
      this.#window.set(bytes.subarray(at, at + length), this.#filled);
      at += length;
      if (this.#take(length)) await this.#flush();
    }
  }

  async copy(basis: PinnedFile, place: number, length: number): Promise<void> {
    for (let at = 0; at < length;) {
      const taken = Math.min(length - at, WINDOW_BYTES - this.#filled);
      basis.read(this.#window, this.#filled, taken, place + at);
      at += taken;
      if (this.#take(taken)) await this.#flush();
    }
  }

  async end(): Promise<string> {
    await this.#flush();
    return this.#hasher.digest("hex");
  }

  /** @returns Whether the window is full. */
  #take(length: number): boolean {
    this.#filled += length;
    return this.#filled === WINDOW_BYTES;
  }

  async #flush(): Promise<void> {
    const bytes = this.#window.subarray(0, this.#filled);
    this.#hasher.update(bytes);
    await this.#write(bytes, this.#written);
    this.#written += bytes.length;
    this.#filled = 0;
  }
}
