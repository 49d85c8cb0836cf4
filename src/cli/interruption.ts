import { ParasyncError } from "../errors.ts";

/** The signals that ask a program to end. */
const ENDING: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];

/** Signals that come so soon after the first are the same one, passed on by whoever started us, in ms. */
const ECHO_MS = 1000;

/**
 * A signal that the first SIGINT, SIGTERM or SIGHUP aborts. After a second they do what they do by default
 * again, so that another one ends the process at once. A terminal's Ctrl-C reaches what `deno task` runs twice,
 * from the terminal and from the task: that must not keep a program from tidying up.
 *
 * @returns The signal; its reason is a {@linkcode ParasyncError} `interrupted`.
 */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  const listeners = ENDING.map((name) => {
    const listener = (): void => {
      if (controller.signal.aborted) return;
      Deno.unrefTimer(setTimeout(() => {
        for (const remove of listeners) remove();
      }, ECHO_MS));
      const reason = new ParasyncError("interrupted", `Cannot go on: interrupted by ${name}`);
      controller.abort(reason);
    };
    Deno.addSignalListener(name, listener);
    return () => Deno.removeSignalListener(name, listener);
  });
  return controller.signal;
}
