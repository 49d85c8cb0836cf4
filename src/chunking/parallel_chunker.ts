import { type BlockChunks, blockCount } from "./block_scanner.ts";
import { ScanChain } from "./scan_chain.ts";

/** A lane that scans blocks. */
export interface ScanLane {
  /** How many blocks to keep asked for, so that the lane never waits for the next order. */
  readonly depth: number;
  /** Scans the chain's next block; null where none is left. */
  scan(chain: ScanChain): Promise<BlockChunks | null>;
}

/**
 * Chunks a file on several lanes and hands its blocks on in order.
 *
 * Each lane takes the next block when it is free, so a lane that starts late or is slow holds nobody up. A
 * block that ends early waits for the ones before it; no more are under way than the lanes' depths add up
 * to, so memory is bounded whatever the size.
 *
 * @param size The file's size in bytes.
 * @param lanes Who scans.
 * @param onBlock Called for every block in the order of the file.
 * @param signal Stops the work; blocks under way end by themselves.
 * @param rest What to wait for before the next block, where there is anything.
 * @param onChain Given the order of the blocks, before the first is taken.
 * @throws What a lane or `onBlock` threw, or the signal's reason.
 */
export function chunkInParallel(
  size: number,
  lanes: readonly ScanLane[],
  onBlock: (chunks: BlockChunks) => void,
  signal?: AbortSignal,
  rest?: () => Promise<void> | undefined,
  onChain?: (chain: ScanChain) => void,
): Promise<void> {
  const blocks = blockCount(size);
  const chain = new ScanChain();
  chain.publish(-1, 0);
  onChain?.(chain);
  const early = new Map<number, BlockChunks>();
  let next = 0;
  return new Promise((resolve, reject) => {
    if (blocks === 0) return resolve();
    let over = false;
    const fail = (reason: unknown): void => {
      // The first cause counts: the other lanes give up because of it.
      if (over) return;
      over = true;
      chain.abort();
      reject(reason);
    };
    const work = async (lane: ScanLane): Promise<void> => {
      while (!over) {
        await rest?.();
        signal?.throwIfAborted();
        const chunks = await lane.scan(chain);
        if (chunks === null || over) return;
        early.set(chunks.block, chunks);
        for (let ready = early.get(next); ready !== undefined; ready = early.get(next)) {
          early.delete(next++);
          onBlock(ready);
          // Blocks that came early may be all the rest: after this loop there may be nothing left to stop.
          signal?.throwIfAborted();
        }
        if (next === blocks) {
          over = true;
          resolve();
        }
      }
    };
    for (const lane of lanes) {
      for (let i = 0; i < lane.depth; i++) work(lane).catch(fail);
    }
  });
}
