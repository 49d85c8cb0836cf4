// Types for "@std/cli/parse-args", whose npm build carries none (see CONTRIBUTING.md).
export interface ParseOptions {
  boolean?: readonly string[];
  string?: readonly string[];
  collect?: readonly string[];
  negatable?: readonly string[];
  alias?: Record<string, string | readonly string[]>;
  default?: Record<string, unknown>;
  "--"?: boolean;
  stopEarly?: boolean;
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}
export type ParsedArgs = { _: (string | number)[]; "--"?: string[] } & Record<string, unknown>;
export function parseArgs(args: readonly string[], options?: ParseOptions): ParsedArgs;
