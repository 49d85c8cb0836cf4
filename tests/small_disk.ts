import fs from "node:fs";
import { canMount, command } from "./mount.ts";

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
export const MOUNT_ONLY: string = canMount((path) => new SmallDisk(path, 1 << 20))
  ? ""
  : " [skipped: needs leave to mount a tmpfs]";
