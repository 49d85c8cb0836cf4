import { ParasyncError } from "../src/errors.ts";

const NAMES: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];

/** Signals that come so soon after the first are the same one, passed on by whoever started us, in ms. */
const ECHO_MS = 1000;

/**
 * A signal that SIGINT, SIGTERM or SIGHUP aborts. A terminal's Ctrl-C reaches a task twice, from the terminal and
 * from `deno task`: the second must not keep us from tidying up. One that comes later ends the process at once.
 *
 * @param tidy The least that must be done before such an end.
 * @returns The signal; its reason is a {@linkcode ParasyncError} `interrupted`.
 */
export function endingSignal(tidy: () => void = () => {}): AbortSignal {
  const controller = new AbortController();
  let first = Infinity;
  for (const name of NAMES) {
    Deno.addSignalListener(name, () => {
      if (performance.now() - first > ECHO_MS) {
        tidy();
        Deno.exit(20);
      }
      first = Math.min(first, performance.now());
      controller.abort(new ParasyncError("interrupted", `Cannot go on: interrupted by ${name}`));
    });
  }
  return controller.signal;
}
