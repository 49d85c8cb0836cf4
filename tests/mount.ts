import fs from "node:fs";

/**
 * Runs a system's command.
 *
 * @throws {Error} Where it fails, with what it says.
 */
export function command(name: string, ...args: string[]): void {
  const { success, stderr } = new Deno.Command(name, { args }).outputSync();
  if (!success) throw new Error(`${name}: ${new TextDecoder().decode(stderr)}`);
}

/**
 * Whether a file system can be mounted here. Root in a container may not.
 *
 * @param mount Mounts one at a path that is not there yet.
 */
export function canMount(mount: (path: string) => AsyncDisposable): boolean {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return false;
  const path = Deno.makeTempDirSync({ prefix: "parasync-mount-" });
  try {
    mount(`${path}/disk`)[Symbol.asyncDispose]();
    return true;
  } catch {
    return false;
  } finally {
    fs.rmSync(path, { recursive: true, force: true });
  }
}
