import { NAME, VERSION } from "../../version.ts";
import type { CommandContext, OptionsOf } from "../command.ts";

/** The version of the JSON. */
const VERSION_SCHEMA = 1;

/**
 * `version`: names the program and its runtime, for people and bug reports.
 *
 * @param options `json` for a line of JSON.
 * @param _positionals None.
 * @param context Where to write.
 * @returns 0.
 */
export function run(
  options: OptionsOf<"version">,
  _positionals: readonly string[],
  context: CommandContext,
): number {
  const { deno, v8, typescript } = Deno.version;
  const { target, standalone } = Deno.build;
  const record = {
    type: "version",
    schema: VERSION_SCHEMA,
    name: NAME,
    version: VERSION,
    deno,
    v8,
    typescript,
    target,
    standalone,
  };
  context.stdout.write(
    options.json
      ? `${JSON.stringify(record)}\n`
      : `${NAME} ${VERSION} (deno ${deno}, v8 ${v8}, ${target})\n`,
  );
  return 0;
}
