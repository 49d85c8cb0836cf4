import type { CommandModule } from "./command.ts";
import { forEach, ORIGINAL_CLIENTS, ORIGINAL_SERVERS, ORIGINAL_TESTS } from "./original.ts";
import type { CommandName } from "./program.ts";

/** How each command's module is loaded. */
export type Loaders = {
  readonly [Command in CommandName]: () => Promise<CommandModule<Command>>;
};

/**
 * The module of each command, loaded only when it runs. The specifiers are literals, so that
 * `deno compile` finds them.
 */
export const LOADERS: Loaders = {
  serve: () => import("./commands/serve.ts"),
  push: () => import("./commands/push.ts"),
  local: () => import("./commands/local.ts"),
  signature: () => import("./commands/signature.ts"),
  delta: () => import("./commands/delta.ts"),
  patch: () => import("./commands/patch.ts"),
  compare: () => import("./commands/compare.ts"),
  doctor: () => import("./commands/doctor.ts"),
  completions: () => import("./commands/completions.ts"),
  man: () => import("./commands/man.ts"),
  version: () => import("./commands/version.ts"),
  help: () => import("./commands/help.ts"),
  ...forEach(ORIGINAL_SERVERS, () => import("./commands/serve.ts")),
  ...forEach(ORIGINAL_CLIENTS, () => import("./commands/push.ts")),
  ...forEach(ORIGINAL_TESTS, () => import("./commands/scheme_trial.ts")),
};
