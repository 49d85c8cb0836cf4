import type { BlockChunks } from "../chunking/block_scanner.ts";
import type { ScanChain } from "../chunking/scan_chain.ts";
import type { ChunkParameters } from "../chunking/parameters.ts";
import type { HardwareChoice } from "../hashing/backend.ts";
import type { Suite } from "../hashing/suite.ts";
import type { WholeMatching } from "../matching/barrier_weak_matching.ts";
import type { CandidateList } from "../matching/candidates.ts";
import type { ModeName } from "../matching/mode_name.ts";
import type { MatcherParts, StrongMatcher } from "../matching/strong_matcher.ts";
import type { StageClock } from "../telemetry/stages.ts";
import type { FileReference } from "../workers/jobs.ts";
import type { LaneGroup } from "../workers/lane_group.ts";
import type { RecordKeeper } from "./record_keeper.ts";
import type { SchemeName } from "./scheme_name.ts";

/** A file to be chunked, at either end. */
export interface Chunking {
  readonly file: FileReference;
  readonly parameters: ChunkParameters;
  readonly lanes: LaneGroup;
  /** What the client asked for, which in some schemes says which checksums. */
  readonly hw: HardwareChoice;
  /** Keeps checksums of the file's blocks. */
  readonly keeper: RecordKeeper;
  readonly clock: StageClock;
  /** What stands before the names of this end's stages. */
  readonly stage: string;
  /** Whether to compute the session digest's segments as well. */
  readonly withSegments: boolean;
  /** What to wait for before the next block, where there is anything; for schemes that ask about segments. */
  readonly rest?: () => Promise<void> | undefined;
  /** Given the order of the blocks before the first is taken, in those schemes. */
  readonly onChain?: (chain: ScanChain) => void;
  readonly signal: AbortSignal;
}

/** Makes a client's matcher. */
export type CreateMatcher = (parts: MatcherParts) => StrongMatcher;

/**
 * What one scheme in which the client moves first does differently from the others. Both ends run by it:
 * key_source.ts the client's, key_basis.ts the server's.
 */
export interface KeyPlan {
  readonly name: SchemeName;
  /** The checksums that a choice of hardware stands for; the same at both ends. */
  suite(hw: HardwareChoice): Suite;
  /** Cuts a file by rule K and computes the chunks' weak checksums. */
  chunk(chunking: Chunking, onBlock: (chunks: BlockChunks) => void): Promise<void>;
  /** When the server begins to chunk: with the request's headers, or when the client's list is there whole. */
  readonly begins: "headers" | "keys";
  /**
   * Whether keys leave while the new file is being chunked and the delta while answers arrive. If not, each of
   * these steps at the client ends before the next one begins.
   */
  streamed(mode: ModeName): boolean;
  /** Whether the server answers the keys in batches, as they arrive and are hashed, or all of them at once. */
  answers(mode: ModeName): "batches" | "whole";
  /** The client's side of matching. */
  matcher(mode: ModeName): Promise<CreateMatcher>;
  /** The server's side of matching, where it answers all keys at once. */
  match(matching: WholeMatching): Promise<readonly CandidateList[]>;
}
