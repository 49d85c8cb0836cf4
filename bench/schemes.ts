/**
 * What each scheme sends on real pairs of files: `deno task bench:schemes [DIR] [PAIR…]`.
 *
 * Both ends run in one process, and the result is compared with the new file by its digest. Bytes do not depend on
 * the machine, so that one run of each is enough; the table in docs/schemes.md, between its two marks, is
 * written anew. Pairs are taken from DIR, or made there.
 */
import fs from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { formatBytes } from "../src/cli/output/amounts.ts";
import { ParasyncError } from "../src/errors.ts";
import { SCHEME_NAMES } from "../src/schemes/scheme_name.ts";
import { runCommand, withFolder } from "./command.ts";
import { type FilePair, makePair } from "./pairs.ts";
import { programCommand, programEnvironment } from "./server_process.ts";

const DOCUMENT = fileURLToPath(new URL("../docs/schemes.md", import.meta.url));
const BEGIN = "<!-- the table that deno task bench:schemes writes -->";
const END = "<!-- its end -->";
const PAIRS = ["typescript", "cities", "headers", "sqlite", "deno", "insert8", "scatter"];

/** What one scheme sent for one pair. */
interface Cost {
  readonly scheme: string;
  /** Bytes of bodies, both ways. */
  readonly wire: number;
  /** Bytes of the new file that were sent as they are; null where a program does not say. */
  readonly literal: number | null;
  readonly copies: number | null;
}

async function output(
  command: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const child = new Deno.Command(command, {
    args: [...args],
    env: programEnvironment(),
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal,
  });
  const { success, stdout, stderr } = await child.output();
  signal.throwIfAborted();
  const decoder = new TextDecoder();
  if (success) return decoder.decode(stdout);
  const said = decoder.decode(stderr).trim();
  throw new ParasyncError("internal", `Cannot measure ${command}: ${said.slice(0, 300)}`);
}

async function costOf(scheme: string, pair: FilePair, signal: AbortSignal): Promise<Cost> {
  const { command, args } = programCommand([
    "local",
    pair.oldFile,
    pair.newFile,
    `--scheme=${scheme}`,
    "--json",
    "--store=off",
    "--fsync=off",
  ]);
  const summary = JSON.parse(await output(command, args, signal));
  if (summary.verified !== true) {
    throw new ParasyncError("verification", `Cannot measure ${scheme}: it was not verified`);
  }
  return {
    scheme,
    wire: summary.wire_up_bytes + summary.wire_down_bytes,
    literal: summary.literal_bytes,
    copies: summary.copies,
  };
}

/** Debian's rdiff in blocks of the same size; null where it is not installed. */
async function costOfRdiff(
  pair: FilePair,
  folder: string,
  signal: AbortSignal,
): Promise<Cost | null> {
  const [signature, delta] = [join(folder, "signature"), join(folder, "delta")];
  try {
    await output("rdiff", ["-f", "-b", "8192", "signature", pair.oldFile, signature], signal);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  await output("rdiff", ["-f", "delta", signature, pair.newFile, delta], signal);
  const wire = fs.statSync(signature).size + fs.statSync(delta).size;
  return { scheme: "rdiff", wire, literal: null, copies: null };
}

function table(
  results: readonly { readonly pair: FilePair; readonly costs: readonly Cost[] }[],
): string {
  const lines = [
    "| pair (old → new) | scheme | bytes both ways | of the new file | literal bytes | copies |",
    "| ---- | ------ | --: | --: | --: | --: |",
  ];
  for (const { pair, costs } of results) {
    costs.forEach(({ scheme, wire, literal, copies }, i) => {
      const sizes = `${formatBytes(pair.oldBytes)} → ${formatBytes(pair.newBytes)}`;
      const name = i === 0 ? `${pair.name}, ${sizes}${originsOf(pair)}` : "";
      const share = `${(wire / pair.newBytes * 100).toFixed(1)} %`;
      const shown = (value: number | null): string =>
        value === null ? "–" : value.toLocaleString("en-US");
      lines.push(
        `| ${name} | ${scheme} | ${shown(wire)} | ${share} | ${shown(literal)} | ${
          shown(copies)
        } |`,
      );
    });
  }
  return lines.join("\n");
}

function originsOf({ origins }: FilePair): string {
  return origins === undefined ? "" : ` (${origins.old} → ${origins.new})`;
}

function writeTable(text: string): void {
  const document = fs.readFileSync(DOCUMENT, "utf8");
  const [from, to] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (from < 0 || to < from) {
    throw new ParasyncError(
      "internal",
      "Cannot write the table: docs/schemes.md has lost its marks",
    );
  }
  fs.writeFileSync(
    DOCUMENT,
    `${document.slice(0, from + BEGIN.length)}\n\n${text}\n\n${document.slice(to)}`,
  );
}

if (import.meta.main) {
  await runCommand(async ({ stdout, stderr }) => {
    const text = await withFolder(undefined, async (scratch, signal) => {
      const [dir = join(scratch, "pairs"), ...names] = Deno.args;
      const results: { pair: FilePair; costs: Cost[] }[] = [];
      for (const name of names.length > 0 ? names : PAIRS) {
        stderr.write(`${name}\n`);
        const pair = await makePair(dir, name, signal);
        const costs: Cost[] = [];
        for (const scheme of SCHEME_NAMES) costs.push(await costOf(scheme, pair, signal));
        const rdiff = await costOfRdiff(pair, scratch, signal);
        if (rdiff !== null) costs.push(rdiff);
        results.push({ pair, costs });
      }
      return table(results);
    });
    stdout.write(`${text}\n`);
    writeTable(text);
  });
}
