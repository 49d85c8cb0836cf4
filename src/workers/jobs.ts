import type { Bitmap } from "../chunking/bitmap_chunker.ts";
import type { BlockChunks } from "../chunking/block_scanner.ts";
import type { DerivedWeaks } from "../chunking/derived_weak.ts";
import type { LateBlock } from "../chunking/late_block.ts";
import type { ChunkParameters } from "../chunking/parameters.ts";
import type { CopyPieces, SegmentDigests } from "../delta/piece_applier.ts";
import type { AppendBatch, Appended } from "../delta/segment_builder.ts";
import type { FailureCode } from "../errors.ts";
import type { FileIdentity } from "../files/identity.ts";
import type { HardwareChoice } from "../hashing/backend.ts";
import type { BlockGroups } from "../matching/block_proofs.ts";
import type { BlockSuite, BlockSums } from "../matching/block_signature.ts";
import type { BlockTable } from "../matching/block_table.ts";
import type { FoundBlocks } from "../matching/gap_search.ts";
import type { RangePieces } from "../matching/ranges.ts";
import type { SegmentMatches } from "../matching/rolling_search.ts";
import type { Suite } from "../hashing/suite.ts";

/** A file that a lane opens for itself: descriptors do not travel between threads. */
export interface FileReference {
  /** Its path. */
  readonly path: string;
  /** The name that messages call it by, which a peer may see. */
  readonly name: string;
  /** Which file must be found there; a changing target is known by device and inode alone. */
  readonly identity: FileIdentity;
  /** Its size in bytes. */
  readonly size: number;
  /** The turn to write to it, if it is a target under construction; null if it is only read. */
  readonly turn: SharedArrayBuffer | null;
}

/** Scan the next block of a chain. */
export interface ScanJob {
  readonly kind: "scan";
  readonly hw: HardwareChoice;
  readonly file: FileReference;
  readonly parameters: ChunkParameters;
  /** The state of the {@linkcode ScanChain}. */
  readonly chain: SharedArrayBuffer;
  readonly withSegment: boolean;
  /** Which checksums; the default ones where absent. */
  readonly suite?: Suite | undefined;
  /** What to derive weak checksums from, where the file's stored CRC-32s are known. */
  readonly derived?: DerivedWeaks | undefined;
}

/** Cut a block that was only hashed. */
export interface CutJob extends LateBlock {
  readonly kind: "cut";
  readonly hw: HardwareChoice;
  readonly file: FileReference;
  readonly parameters: ChunkParameters;
}

/** Mark the candidates of a block in a bitmap. */
export interface MarkJob {
  readonly kind: "mark";
  readonly hw: HardwareChoice;
  readonly file: FileReference;
  readonly parameters: ChunkParameters;
  readonly block: number;
  readonly bitmap: Bitmap;
  readonly withSegment: boolean;
}

/** Select the cuts of a block from a bitmap. */
export interface SelectJob {
  readonly kind: "select";
  readonly hw: HardwareChoice;
  readonly file: FileReference;
  readonly parameters: ChunkParameters;
  readonly block: number;
  readonly bitmap: Bitmap;
  /** Where the block's first chunk starts, relative to it. */
  readonly start: number;
}

/** Compute the checksums of blocks of one size. */
export interface BlocksJob {
  readonly kind: "blocks";
  readonly hw: HardwareChoice;
  readonly sums: BlockSuite;
  readonly file: FileReference;
  /** Bytes in a block. */
  readonly block: number;
  readonly first: number;
  readonly count: number;
}

/** Search a segment of the new file for blocks of the basis. */
export interface SearchJob {
  readonly kind: "search";
  readonly hw: HardwareChoice;
  readonly file: FileReference;
  readonly table: BlockTable;
  /** Which segment. */
  readonly segment: number;
  /** Where the search has come to, in bytes of the file. */
  readonly from: number;
  readonly withSegment: boolean;
}

/** Compute the checksums of small blocks in ranges of the basis, for a finer round. */
export interface RangesJob extends RangePieces {
  readonly kind: "ranges";
  readonly hw: HardwareChoice;
  readonly file: FileReference;
  /** Bytes in a block. */
  readonly block: number;
  /** How much of each CRC-32 to keep. */
  readonly checkBytes: number;
}

/** Prove groups of blocks of either file. */
export interface GroupsJob extends BlockGroups {
  readonly kind: "groups";
  readonly hw: HardwareChoice;
  readonly file: FileReference;
}

/** Search ranges of the new file for small blocks of the basis. */
export interface GapsJob extends RangePieces {
  readonly kind: "gaps";
  readonly hw: HardwareChoice;
  readonly file: FileReference;
  readonly table: BlockTable;
}

/** Compute strong checksums of chunks. */
export interface StrongJob {
  readonly kind: "strong";
  readonly hw: HardwareChoice;
  /** Which checksums; the default ones where absent. Shorter ones have zeros behind them, up to 32 bytes. */
  readonly suite?: Suite | undefined;
  readonly file: FileReference;
  readonly offsets: Float64Array<ArrayBuffer>;
  readonly lengths: Uint32Array<ArrayBuffer>;
}

/** Copy pieces of the basis into the target. */
export interface ApplyJob extends CopyPieces {
  readonly kind: "apply";
  readonly hw: HardwareChoice;
  readonly basis: FileReference;
  readonly target: FileReference;
}

/** Build the next bytes of the target, whose literals are handed over and come back with the result. */
export interface AppendJob extends AppendBatch {
  readonly kind: "append";
  readonly hw: HardwareChoice;
  /** Where copies come from; null where there is no basis. */
  readonly basis: FileReference | null;
  /** Where the bytes go to; `target` is their place in it. */
  readonly targetFile: FileReference;
}

/** Read segments of the target back and hash them. */
export interface VerifyJob {
  readonly kind: "verify";
  readonly hw: HardwareChoice;
  readonly target: FileReference;
  readonly segments: Float64Array<ArrayBuffer>;
}

/** Close files that are done with. */
export interface ReleaseJob {
  readonly kind: "release";
  readonly files: readonly FileReference[];
}

/** Load what later jobs need, before the first one comes. */
export interface PrepareJob {
  readonly kind: "prepare";
  readonly hw: HardwareChoice;
}

/** Everything a lane can be asked for. */
export type Job =
  | MarkJob
  | BlocksJob
  | SearchJob
  | RangesJob
  | GapsJob
  | GroupsJob
  | SelectJob
  | ScanJob
  | CutJob
  | StrongJob
  | ApplyJob
  | AppendJob
  | VerifyJob
  | ReleaseJob
  | PrepareJob;

/** What each kind of job gives. */
export interface JobResults {
  scan: BlockChunks | null;
  cut: BlockChunks;
  mark: Uint8Array<ArrayBuffer> | null;
  blocks: BlockSums;
  search: SegmentMatches;
  ranges: BlockSums;
  gaps: FoundBlocks;
  groups: Uint8Array<ArrayBuffer>;
  select: BlockChunks;
  strong: Uint8Array<ArrayBuffer>;
  apply: SegmentDigests;
  append: Appended;
  verify: SegmentDigests;
  release: null;
  prepare: null;
}

/** The result of a job of this type. */
export type JobResult<J extends Job> = JobResults[J["kind"]];

/** A lane worker's answer to one job, in the order the jobs came. */
export type LaneAnswer =
  | { readonly result: JobResults[keyof JobResults] }
  | { readonly failure: { readonly code: FailureCode; readonly message: string } };
