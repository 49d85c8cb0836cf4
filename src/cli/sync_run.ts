import type { HardwareChoice } from "../hashing/backend.ts";
import { storeChoice } from "../files/store_choice.ts";
import { readDryRun } from "../library/dry_run.ts";
import type { DigestKind, SyncTask } from "../library/sync_task.ts";
import type { SyncChoice } from "../library/sync_choice.ts";
import type { CommandContext } from "./command.ts";
import type { Summary } from "./output/summary.ts";

/** The flags that `push` and `local` share. */
export interface SyncOptions {
  readonly hw: HardwareChoice;
  readonly store: string;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly progress: "auto" | "on" | "off";
  readonly digest: DigestKind;
  /** The programs with the original's names cannot only try. */
  readonly dryRun?: boolean;
  readonly line?: string | undefined;
}

/**
 * What a command's flags ask for. Progress is shown on stderr, and warnings go to the log.
 *
 * @param options The command's flags.
 * @param context The command's surroundings.
 * @param choose What the flags of schemes mean, for a new file of so many bytes.
 */
export function syncTask(
  options: SyncOptions,
  context: CommandContext,
  choose: (size: number) => SyncChoice,
): SyncTask {
  const { hw, digest, quiet, verbose, progress: choice } = options;
  const { stderr, logger, env, given, signal } = context;
  // One that the environment has is for dry runs, and keeps no sync from being done.
  const line = options.dryRun || given.has("line") ? options.line : undefined;
  return {
    choose,
    hw,
    store: storeChoice(options.store, env),
    digest,
    dry: readDryRun(options.dryRun, line),
    signal,
    // What shows progress is loaded while the request is on its way.
    observe: async () => {
      const { ProgressView } = await import("./output/progress.ts");
      const view = new ProgressView(stderr, quiet ? "off" : choice);
      const timeline = verbose && !quiet
        ? (await import("./output/timeline.ts")).renderTimeline
        : undefined;
      return {
        progress: (end, stage, done, total) => view.update(`${end} ${stage}`, done, total),
        watched: !quiet && choice !== "off" && (stderr.isTerminal || choice === "on"),
        warn: (problem) => logger.warn(problem),
        timeline: (stages, elapsedMs) => {
          const { colour } = stderr;
          const style = { colour, width: stderr.size().columns };
          if (timeline) stderr.write(timeline(stages, elapsedMs, style));
        },
        finish: () => view.finish(),
      };
    },
  };
}

/**
 * Prints what a sync did, as the command's flags want it.
 *
 * @param summary What it did.
 * @param options The command's flags.
 * @param context The command's surroundings.
 */
export async function printSummary(
  summary: Summary,
  options: Pick<SyncOptions, "json" | "quiet">,
  { stdout }: CommandContext,
): Promise<void> {
  if (options.quiet && !options.json) return;
  const { renderSummary, summaryJson } = await import("./output/summary.ts");
  stdout.write(
    options.json
      ? summaryJson(summary) + "\n"
      : renderSummary(summary, { colour: stdout.colour, width: stdout.size().columns }),
  );
}
