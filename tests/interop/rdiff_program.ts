/** Debian's rdiff, what our own code is compared with. */
import type { SignatureHeader } from "../../src/matching/librsync_signature.ts";

/** What tests that need rdiff add to their names: why they are skipped, or nothing. */
export const RDIFF_ONLY: string = hasRdiff() ? "" : " [skipped: needs rdiff]";

function hasRdiff(): boolean {
  try {
    const { stdout } = new Deno.Command("rdiff", { args: ["--version"] }).outputSync();
    // Before 2.2 there was no Rabin-Karp hash.
    return /librsync (2\.[2-9]|[3-9])/.test(new TextDecoder().decode(stdout));
  } catch {
    return false;
  }
}

/** What rdiff says of a delta with `--statistics`. */
export interface RdiffStatistics {
  /** Bytes of the literals. */
  readonly literalBytes: number;
  /** Bytes that copies make. */
  readonly copiedBytes: number;
}

/** Writes a signature. */
export async function rdiffSignature(
  old: string,
  signature: string,
  { block, strongBytes, rolling, hash }: SignatureHeader,
): Promise<void> {
  const kinds = [`--hash=${hash === "md4" ? hash : "blake2"}`, `--rollsum=${rolling}`];
  const sizes = [`--block-size=${block}`, `--sum-size=${strongBytes}`];
  await rdiff("signature", [...kinds, ...sizes], [old, signature]);
}

/** Writes a delta. */
export async function rdiffDelta(
  signature: string,
  file: string,
  delta: string,
): Promise<RdiffStatistics> {
  const text = await rdiff("delta", ["--statistics"], [signature, file, delta]);
  const bytes = (kind: string): number =>
    Number(new RegExp(`${kind}\\[\\d+ cmds, (\\d+) bytes`).exec(text)?.[1] ?? 0);
  return { literalBytes: bytes("literal"), copiedBytes: bytes("copy") };
}

/** Builds the new file. */
export async function rdiffPatch(old: string, delta: string, file: string): Promise<void> {
  await rdiff("patch", [], [old, delta, file]);
}

async function rdiff(
  command: string,
  flags: readonly string[],
  files: readonly string[],
): Promise<string> {
  const args = ["--force", ...flags, command, ...files];
  const { success, stderr } = await new Deno.Command("rdiff", { args, stdin: "null" }).output();
  const text = new TextDecoder().decode(stderr);
  if (!success) throw new Error(`rdiff ${args.join(" ")}: ${text}`);
  return text;
}
