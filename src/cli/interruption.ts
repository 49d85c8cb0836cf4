import { ParasyncError } from "../errors.ts";

/** The signals that ask a program to end. */
const ENDING: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * A signal that the first SIGINT, SIGTERM or SIGHUP aborts. From then on they do what they do by default,
 * so that a second one ends the process at once.
 *
 * @returns The signal; its reason is a {@linkcode ParasyncError} `interrupted`.
 */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  const listeners = ENDING.map((name) => {
    const listener = (): void => {
      for (const remove of listeners) remove();
      const reason = new ParasyncError("interrupted", `Cannot go on: interrupted by ${name}`);
      controller.abort(reason);
    };
    Deno.addSignalListener(name, listener);
    return () => Deno.removeSignalListener(name, listener);
  });
  return controller.signal;
}
