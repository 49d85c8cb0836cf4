import fs from "node:fs";
import { join } from "node:path";

/** In a namespace of its own, which ends with the program, every mount but one becomes read-only. */
const SCRIPT = `
set -e
writable=$1
shift
mount --make-rprivate /
if [ -n "$writable" ]; then mount --bind "$writable" "$writable"; fi
while read -r _ _ _ _ point _; do
  case $point in
    "$writable" | /proc | /proc/* | /sys | /sys/*) ;;
    *) mount -o remount,bind,ro "$(printf %b "$point")" ;;
  esac
done </proc/self/mountinfo
exec "$@"`;

/**
 * A command that runs a program where nothing can be written to.
 *
 * @param writable The one folder that can.
 */
export function readOnlyBut(writable = ""): string[] {
  return ["unshare", "--mount", "sh", "-c", SCRIPT, "sh", writable];
}

/** What tests add to their names where mounts cannot be made read-only, or nothing. */
export const READ_ONLY_ONLY: string = canMakeReadOnly()
  ? ""
  : " [skipped: needs leave to make mounts read-only]";

/** Root in a container may not. */
function canMakeReadOnly(): boolean {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return false;
  const folder = fs.realpathSync(Deno.makeTempDirSync({ prefix: "parasync-mount-" }));
  const inside = join(folder, "inside");
  fs.mkdirSync(inside);
  try {
    const [command, ...args] = readOnlyBut(inside);
    const trial = `touch "$1/inside/a" && ! touch "$1/a" && ! touch /dev/shm/a`;
    const { success } = new Deno.Command(command!, {
      args: [...args, "sh", "-c", trial, "sh", folder],
      stderr: "null",
    }).outputSync();
    return success && fs.existsSync(join(inside, "a"));
  } catch {
    return false;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
