/** The messages of docs/protocol.md, written field by field: any value can be had, sensible or not. */
import { join, u32, varint, type Wide } from "./bytes.ts";

const NOTHING = new Uint8Array(0);

/** A field of bytes, or of another message. */
export function bytesField(number: number, value: Uint8Array | string): Uint8Array<ArrayBuffer> {
  const bytes = join(value);
  return join(varint(number * 8 + 2), varint(bytes.length), bytes);
}

/** A field of a number; one that is 0 is written too. */
export function numberField(number: number, value: Wide): Uint8Array<ArrayBuffer> {
  return join(varint(number * 8), varint(value));
}

/**
 * A frame.
 *
 * @param message What it holds.
 * @param length What it says it holds.
 */
export function frame(message: Uint8Array, length: Wide = message.length): Uint8Array<ArrayBuffer> {
  return join(u32(length), message);
}

/** What `Open` says. */
export interface OpenFields {
  readonly protocol?: Wide;
  readonly newSize: Wide;
  readonly fingerprint: string;
}

/** `Request.open`. */
export function open({ protocol = 1, newSize, fingerprint }: OpenFields): Uint8Array<ArrayBuffer> {
  const fields = [numberField(1, protocol), numberField(2, newSize), bytesField(4, fingerprint)];
  return bytesField(1, join(...fields));
}

/** What `WeakBatch` says. */
export interface WeakBatchFields {
  readonly first?: Wide;
  readonly weak?: Uint8Array;
  readonly lengths?: Uint8Array;
  readonly last?: Wide;
}

/** `Request.weak_batch`; the last one, of nothing, where nothing else is said. */
export function weakBatch(fields: WeakBatchFields = {}): Uint8Array<ArrayBuffer> {
  const { first = 0, weak = NOTHING, lengths = NOTHING, last = 1 } = fields;
  const written = [numberField(1, first), bytesField(2, weak), bytesField(3, lengths)];
  return bytesField(2, join(...written, numberField(4, last)));
}

/** `Request.segments`. */
export function segments(first: Wide, digests: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytesField(3, join(numberField(1, first), bytesField(2, digests)));
}

/** What `Refine` says. */
export interface RefineFields {
  readonly block?: Wide;
  readonly checkBytes?: Wide;
  readonly begins?: Uint8Array;
  readonly lengths?: Uint8Array;
  readonly found?: Uint8Array;
  readonly proofs?: Uint8Array;
}

/** `Request.refine`. */
export function refine(fields: RefineFields): Uint8Array<ArrayBuffer> {
  const { block = 0, checkBytes = 0, begins, lengths, found, proofs } = fields;
  const columns = [begins, lengths, found, proofs];
  return bytesField(
    4,
    join(
      numberField(1, block),
      numberField(2, checkBytes),
      ...columns.map((column, i) => column === undefined ? NOTHING : bytesField(3 + i, column)),
    ),
  );
}

/** What `Session` says, so much of it as a client needs. */
export interface SessionFields {
  readonly key: string;
  readonly basisSize: Wide;
  readonly maxPatchBytes?: Wide;
  readonly threads?: Wide;
  readonly deltaVersion?: Wide;
  readonly codings?: string;
  readonly refines?: Wide;
  readonly notice?: string;
}

/** `Answer.session`. */
export function session(fields: SessionFields): Uint8Array<ArrayBuffer> {
  const { key, basisSize, maxPatchBytes = 1 << 30, threads = 1, deltaVersion = 2 } = fields;
  return bytesField(
    1,
    join(
      bytesField(1, key),
      numberField(2, basisSize),
      numberField(3, 1),
      bytesField(4, "portable"),
      numberField(5, threads),
      numberField(6, maxPatchBytes),
      bytesField(7, fields.notice ?? ""),
      numberField(8, deltaVersion),
      bytesField(9, fields.codings ?? "deflate"),
      numberField(10, fields.refines ?? 0),
    ),
  );
}

/** `Answer.presence` and, as another kind, `Answer.unchanged`: which of some are there. */
export function presence(
  first: Wide,
  count: Wide,
  bitmap: Uint8Array,
  kind: 2 | 8 = 2,
): Uint8Array<ArrayBuffer> {
  return bytesField(
    kind,
    join(numberField(1, first), numberField(2, count), bytesField(3, bitmap)),
  );
}

/** `Answer.candidates`. */
export function candidates(
  indexDeltas: Uint8Array,
  counts: Uint8Array,
  places: Uint8Array,
  strong: Uint8Array = NOTHING,
): Uint8Array<ArrayBuffer> {
  return bytesField(
    3,
    join(...[indexDeltas, counts, places, strong].map((c, i) => bytesField(i + 1, c))),
  );
}

/** `Answer.progress`. */
export function progress(stage: string, done: Wide, total: Wide): Uint8Array<ArrayBuffer> {
  return bytesField(4, join(bytesField(1, stage), numberField(2, done), numberField(3, total)));
}

/** `Answer.done`. */
export function done(chunks: Wide, keys: Wide, present: Wide): Uint8Array<ArrayBuffer> {
  return bytesField(5, join(numberField(2, chunks), numberField(3, keys), numberField(4, present)));
}

/** `Answer.problem`. */
export function problem(code: string, message: string): Uint8Array<ArrayBuffer> {
  return bytesField(6, join(bytesField(1, code), bytesField(2, message)));
}

/** `Answer.block_checksums`. */
export function blockChecksums(
  first: Wide,
  weak: Uint8Array,
  strong: Uint8Array,
): Uint8Array<ArrayBuffer> {
  return bytesField(7, join(numberField(1, first), bytesField(2, weak), bytesField(3, strong)));
}
