import { BLOCK_BYTES } from "../../chunking/parameters.ts";
import { ParasyncError } from "../../errors.ts";
import { ChecksumStore } from "../../files/checksum_store.ts";
import { displayName } from "../../files/file_error.ts";
import { OutputFile } from "../../files/output_file.ts";
import { openPinned, type PinnedFile } from "../../files/pinned_file.ts";
import { storeChoice } from "../../files/store_choice.ts";
import { openBackend } from "../../hashing/select.ts";
import { STRONG_LENGTHS } from "../../hashing/suite.ts";
import type { SignatureHeader } from "../../matching/librsync_signature.ts";
import { MAX_BLOCKS } from "../../schemes/block_count.ts";
import { writeSignature } from "../../schemes/librsync_files.ts";
import { storeRecords } from "../../schemes/record_keeper.ts";
import type { LaneGroup } from "../../workers/lane_group.ts";
import { LanePool } from "../../workers/pool.ts";
import type { CommandContext, OptionsOf } from "../command.ts";
import { formatBytes, formatCount, formatMillis } from "../output/amounts.ts";
import { printResult } from "../output/result_line.ts";
import { outputPlace, warnUnlessDurable } from "../output_place.ts";

type Options = OptionsOf<"signature">;

/**
 * `signature OLD [SIG]`: writes the checksums of OLD's blocks in librsync's format, and with `--store` puts those that
 * skysync_f and skysync_c compare by where the next sync finds them. `--store` without a place takes no SIG: of two
 * names behind it, the first may be meant as the place, and the second would be replaced.
 *
 * @param options The flags.
 * @param positionals OLD and SIG.
 * @param context The surroundings.
 * @returns 0.
 */
export async function run(
  options: Options,
  positionals: readonly string[],
  context: CommandContext,
): Promise<number> {
  const startedAt = performance.now();
  const [oldFile, target] = [positionals[0]!, positionals[1]];
  const toStore = context.given.has("store");
  if (target === undefined && !toStore) {
    throw new ParasyncError(
      "usage",
      "Cannot run signature: SIG is missing, and --store is not given either " +
        "(see parasync signature --help)",
    );
  }
  if (target !== undefined && context.alone.has("store")) {
    throw new ParasyncError(
      "usage",
      "Cannot use --store alone with SIG: a place needs its =, so write --store=cache to do both " +
        "(see parasync signature --help)",
    );
  }
  const header = headerOf(options);
  // Signals are caught from here on, before there is anything that would be left behind.
  const { signal } = context;
  using old = openPinned(oldFile, { followLinks: true });
  const blocks = blocksOf(old, header.block);
  // Fails here and at once where --hw=require cannot be had.
  await openBackend(options.hw);
  const pool = new LanePool(options.threads, { mainWorks: true });
  try {
    const lanes = pool.group(options.threads, old.size, options.hw);
    // First, since it may be refused, and then SIG is to be as it was; stored checksums harm nobody.
    if (toStore) await keep(old, header.block, lanes, options, context);
    const bytes = target === undefined
      ? 0
      : await signTo(target, old, header, lanes, options, context);
    const elapsedMs = performance.now() - startedAt;
    signal.throwIfAborted();
    const made = [
      ...target === undefined ? [] : [`${displayName(target)}: ${formatBytes(bytes)}`],
      ...toStore ? ["checksums stored"] : [],
    ].join(", ");
    const of = `${formatCount(blocks)} blocks of ${formatCount(header.block)} B`;
    printResult(
      {
        type: "signature",
        line: `${made}, ${of} from ${formatBytes(old.size)}, in ${formatMillis(elapsedMs)}`,
        figures: {
          oldBytes: old.size,
          signatureBytes: bytes,
          blocks,
          blockBytes: header.block,
          hash: options.hash,
          rolling: options.rolling,
          sumBytes: header.strongBytes,
          stored: toStore,
          elapsedMs: Math.round(elapsedMs * 1000) / 1000,
          target: target ?? "",
        },
      },
      options,
      context.stdout,
    );
    return 0;
  } finally {
    pool.close();
  }
}

function headerOf(options: Options): SignatureHeader {
  const { blockSize: block, rolling, sumSize } = options;
  if (block > BLOCK_BYTES) {
    throw new ParasyncError("usage", `Cannot use --block-size=${block}: it must be 1 to 1MiB`);
  }
  const hash = options.hash === "md4" ? "md4" : "blake2b";
  const most = STRONG_LENGTHS[hash];
  if (sumSize !== undefined && sumSize > most) {
    const reason = `${options.hash} has ${most} bytes`;
    throw new ParasyncError("usage", `Cannot use --sum-size=${sumSize}: ${reason}`);
  }
  return { rolling, hash, block, strongBytes: sumSize ?? most };
}

/** Neither `delta` nor a store takes more. */
function blocksOf(old: PinnedFile, block: number): number {
  const blocks = Math.ceil(old.size / block);
  if (blocks <= MAX_BLOCKS) return blocks;
  throw new ParasyncError(
    "usage",
    `Cannot use --block-size=${block}: ${displayName(old.name)} would have ` +
      `${formatCount(blocks)} blocks, and ${formatCount(MAX_BLOCKS)} are the limit`,
  );
}

/** @returns Bytes of the signature. */
async function signTo(
  target: string,
  old: PinnedFile,
  header: SignatureHeader,
  lanes: LaneGroup,
  { fsync }: Options,
  context: CommandContext,
): Promise<number> {
  const { signal, logger } = context;
  const { location, expectTarget } = outputPlace(target, [old]);
  using file = OutputFile.create(location, signal);
  await writeSignature(old, header, lanes, (bytes) => file.append(bytes), signal);
  warnUnlessDurable(await file.commit({ basis: old, expectTarget, fsync }), fsync, target, logger);
  return file.size;
}

async function keep(
  old: PinnedFile,
  block: number,
  lanes: LaneGroup,
  options: Options,
  { env, signal }: CommandContext,
): Promise<void> {
  const cannot = `Cannot store checksums of ${displayName(old.name)}`;
  const choice = storeChoice(options.store, env);
  if (choice.kind === "off") {
    throw new ParasyncError("usage", `${cannot}: no place is given, or it is off (--store=DIR)`);
  }
  let problem: string | undefined;
  const store = new ChecksumStore(choice, (text) => problem ??= text);
  if (await storeRecords(old, store, block, lanes, signal)) return;
  if (problem !== undefined) throw new ParasyncError("file_io", problem);
  throw new ParasyncError(
    "changed",
    `${cannot}: it was changed so lately that a later change might go unseen; try again in seconds`,
  );
}
