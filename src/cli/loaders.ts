import type { CommandModule } from "./command.ts";
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
  version: () => import("./commands/version.ts"),
  help: () => import("./commands/help.ts"),
  "parasync_http_server": () => import("./commands/serve.ts"),
  "parasync_http_client": () => import("./commands/push.ts"),
};
