import { OutputFile } from "../../files/output_file.ts";
import { openPinned, type PinnedFile } from "../../files/pinned_file.ts";
import { type OutputPlace, outputPlace, warnUnlessDurable } from "../../library/output_place.ts";
import { redact } from "../../telemetry/log.ts";
import { printable } from "../../telemetry/printable.ts";
import type { CommandContext, OptionsOf } from "../command.ts";
import { childProgram } from "../comparison/child_program.ts";
import { compareSchemes, type RunListener } from "../comparison/compare_schemes.ts";
import type { Comparison, ComparisonSettings } from "../comparison/comparison.ts";
import { contendersFor } from "../comparison/contender.ts";
import { comparisonJson } from "../output/comparison_json.ts";
import { renderComparison } from "../output/comparison_table.ts";
import type { Output } from "../output/output.ts";
import { fitWidth } from "../output/width.ts";

/**
 * `compare OLD NEW`: every scheme, and parasync in every mode, on one pair of files: `local` in a process of its
 * own for each run, the contenders taking turns, every result verified.
 *
 * @param options The flags.
 * @param positionals OLD and NEW.
 * @param context The surroundings.
 * @returns 0, or the exit code of the first run that failed.
 */
export async function run(
  options: OptionsOf<"compare">,
  positionals: readonly string[],
  context: CommandContext,
): Promise<number> {
  const contenders = contendersFor(options.schemes);
  const program = childProgram();
  const { html } = options;
  // Said once here, instead of by every run, and open until the page is written, which must replace neither.
  using old = openPinned(positionals[0]!, { followLinks: true });
  using source = openPinned(positionals[1]!, { followLinks: true });
  const place = html === undefined ? undefined : outputPlace(html, [old, source]);
  const settings = settingsFrom(options, old, source);
  const { signal, stdout, stderr } = context;
  const shown = stderr.isTerminal && !options.quiet;
  const total = settings.rounds * contenders.length;
  let run = 0;
  const onRun: RunListener = (round, _place, { name }) => {
    const warm = settings.rounds > 1 && round === 1 ? ", warming up" : "";
    const text = `round ${round} of ${settings.rounds}${warm}: ${name} (run ${++run} of ${total})`;
    if (shown) showStatus(stderr, text);
    context.logger.debug("Run", { round, contender: name });
  };
  let comparison: Comparison;
  try {
    comparison = await compareSchemes(contenders, settings, program, onRun, signal);
  } finally {
    if (shown) hideStatus(stderr);
  }
  if (options.json) stdout.write(`${comparisonJson(comparison)}\n`);
  else if (!options.quiet) stdout.write(renderComparison(comparison, stdout.colour));
  if (place !== undefined) await writePage(place, comparison, context);
  return reportFailures(comparison, stderr);
}

/** A line for each contender that dropped out; returns the first one's exit code. */
function reportFailures({ results }: Comparison, stderr: Output): number {
  let exit = 0;
  for (const { contender, failure } of results) {
    if (failure === null) continue;
    exit ||= failure.exit;
    const reason = printable(redact(failure.message)).replace(/^Cannot /, "it cannot ");
    stderr.write(`parasync: Cannot compare ${contender.name}: ${reason}\n`);
  }
  return exit;
}

function settingsFrom(
  options: OptionsOf<"compare">,
  old: PinnedFile,
  source: PinnedFile,
): ComparisonSettings {
  const { chunkSize } = options;
  const sizes = chunkSize === "auto"
    ? "auto"
    : `${chunkSize.min}:${chunkSize.avg}:${chunkSize.max}`;
  return {
    oldFile: old.name,
    newFile: source.name,
    oldBytes: old.size,
    newBytes: source.size,
    hw: options.hw,
    threads: options.threads,
    chunkSize: sizes,
    store: options.store,
    fsync: options.fsync,
    rounds: options.runs,
  };
}

async function writePage(
  { location, expectTarget }: OutputPlace,
  comparison: Comparison,
  { signal, logger }: CommandContext,
): Promise<void> {
  const { comparisonPage } = await import("../output/comparison_page.ts");
  const { fsync } = comparison.settings;
  using file = OutputFile.create(location, signal);
  file.append(new TextEncoder().encode(comparisonPage(comparison)));
  const committed = await file.commit({ basis: null, expectTarget, fsync });
  warnUnlessDurable(committed, fsync, location.name, (problem) => logger.warn(problem));
}

function showStatus(stderr: Output, text: string): void {
  const hide = (): string => "\r\x1b[K";
  if (stderr.overlay !== undefined) hideStatus(stderr);
  stderr.overlay = { hide: () => hide(), show: () => fitWidth(text, stderr.size().columns - 1) };
  stderr.write("");
}

function hideStatus(stderr: Output): void {
  if (stderr.overlay === undefined) return;
  const gone = stderr.overlay.hide();
  stderr.overlay = undefined;
  stderr.write(gone);
}
