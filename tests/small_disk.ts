import fs from "node:fs";

/** A file system in memory with little room; needs root on Linux. */
export class SmallDisk implements AsyncDisposable {
  /** Where it is mounted. */
  readonly path: string;

  /**
   * @param path Where to mount it; made.
   * @param bytes Its size.
   * @throws {Error} Where mounting is not allowed.
   */
  constructor(path: string, bytes: number) {
    this.path = path;
    fs.mkdirSync(path);
    command("mount", "-t", "tmpfs", "-o", `size=${bytes},mode=755`, "tmpfs", path);
  }

  [Symbol.asyncDispose](): Promise<void> {
    command("umount", "--lazy", this.path);
    return Promise.resolve();
  }
}

/** What tests that need one add to their names: why they are skipped, or nothing. */
export const MOUNT_ONLY: string = canMount() ? "" : " [skipped: needs leave to mount a tmpfs]";

/** Root in a container may not. */
function canMount(): boolean {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return false;
  const path = Deno.makeTempDirSync({ prefix: "parasync-mount-" });
  try {
    new SmallDisk(`${path}/disk`, 1 << 20)[Symbol.asyncDispose]();
    return true;
  } catch {
    return false;
  } finally {
    fs.rmSync(path, { recursive: true, force: true });
  }
}

function command(name: string, ...args: string[]): void {
  const { success, stderr } = new Deno.Command(name, { args }).outputSync();
  if (!success) throw new Error(`${name}: ${new TextDecoder().decode(stderr)}`);
}
