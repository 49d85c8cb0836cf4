import type { BlockTable } from "../matching/block_table.ts";
import type { RecordOrigin } from "./record_keeper.ts";
import type { SchemeName } from "./scheme_name.ts";
import type { SignatureAnswer, SignatureScheme, SourceEnd } from "./scheme.ts";

/** The basis as the server's answer describes it. */
export interface BasisBlocks {
  /** Checksums of its blocks, to look windows of the new file up in. */
  readonly table: BlockTable;
  /** How many blocks it has. */
  readonly count: number;
  /** Bytes of the answer. */
  readonly bytes: number;
  /** Times of the server's stages in ms, as far as the answer says them. */
  readonly stages: Readonly<Record<string, number>>;
  /** Where the server had the checksums from, in a scheme that stores them. */
  readonly checksums: RecordOrigin;
}

/**
 * What one scheme in which the server moves first does differently from the others: fixed blocks of the basis,
 * found again at any place of the new file by a checksum that rolls. The client's end runs by it in
 * signature_source.ts; the server's end only answers.
 */
export interface SignaturePlan {
  readonly name: SchemeName;
  /** Whether the answer is a sequence of frames. */
  readonly framed: boolean;
  /** The server's answer. */
  readonly answer: SignatureScheme;
  /**
   * Reads it.
   *
   * @throws {ParasyncError} `bad_request` or `stream` for an answer that is malformed or cut short.
   */
  read(answer: SignatureAnswer, end: SourceEnd): Promise<BasisBlocks>;
  /** How many bytes at the beginning of both files are known to be equal before the new one is searched. */
  prefix(end: SourceEnd, blocks: BasisBlocks): Promise<number>;
}
