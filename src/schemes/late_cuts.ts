import type { BlockChunks } from "../chunking/block_scanner.ts";
import { leadBytes } from "../chunking/late_block.ts";
import type { ScanChain } from "../chunking/scan_chain.ts";
import { SEGMENT_BYTES } from "../hashing/session_digest.ts";
import type { SourceEnd } from "./scheme.ts";

/** Has blocks of the new file hashed and not cut while they wait for answers, and cuts those that have changed. */
export class LateCuts {
  readonly #end: SourceEnd;
  /** The order of the blocks, once the first may be taken. */
  chain: ScanChain | undefined;
  /** From which block on they are cut when they are read, since they are again. */
  #cutFrom: number | undefined;

  /** @param end The client's end. */
  constructor(end: SourceEnd) {
    this.#end = end;
  }

  /** Says whether blocks that nobody has taken yet are hashed alone: first that they are, then that they are not. */
  hashAlone(alone: boolean): void {
    const first = this.chain?.hashAlone(alone);
    if (!alone) this.#cutFrom = first;
  }

  /**
   * Cuts a block that was only hashed.
   *
   * @param block Which.
   * @param taken Up to where chunks are known, in bytes of the file.
   * @returns Its chunks.
   */
  cut(block: number, taken: number): Promise<BlockChunks> {
    const { hw, lanes, parameters, reference: file } = this.#end;
    const from = Math.max(taken, block * SEGMENT_BYTES - leadBytes(parameters));
    const closed = block + 1 === this.#cutFrom;
    return lanes.run({ kind: "cut", hw, file, parameters, block, from, closed });
  }
}
