/** Where a commit can be made to fail, in its order. */
export const FAILPOINTS = [
  "after-temp",
  "before-fsync",
  "after-fsync",
  "before-rename",
  "after-rename",
  "after-folder-fsync",
  "before-ok",
] as const;

/** The name of a place where a commit can be made to fail. */
export type Failpoint = typeof FAILPOINTS[number];

/** Read when the first of them is passed; undefined till then. */
let active: ReadonlyMap<string, string> | undefined;

/**
 * A place in the course of a commit at which tests have the process killed, or a system call seem to fail. It does
 * nothing unless `PARASYNC_FAILPOINT` names it: `NAME` or `NAME=kill` ends the process as SIGKILL does,
 * `NAME=stop` halts it as SIGSTOP does, `NAME=ENOSPC` (or another errno) throws that; several are separated by
 * commas.
 *
 * @param name The place.
 * @throws The system's error that is asked for.
 */
export function failpoint(name: Failpoint): void {
  active ??= readFailpoints();
  if (active.size === 0) return;
  const action = active.get(name);
  if (action === undefined) return;
  if (action === "kill") Deno.kill(Deno.pid, "SIGKILL");
  else if (action === "stop") Deno.kill(Deno.pid, "SIGSTOP");
  else {throw Object.assign(new Error(`${action}: asked for by PARASYNC_FAILPOINT`), {
      code: action,
    });}
}

function readFailpoints(): ReadonlyMap<string, string> {
  let text: string | undefined;
  try {
    text = Deno.env.get("PARASYNC_FAILPOINT");
  } catch {
    // Without leave to read the environment nothing can be asked for.
  }
  const places = new Map<string, string>();
  for (const entry of text?.split(",") ?? []) {
    const [name = "", action = "kill"] = entry.split("=");
    places.set(name.trim(), action.trim());
  }
  places.delete("");
  return places;
}
