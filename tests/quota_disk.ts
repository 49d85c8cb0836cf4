import fs from "node:fs";
import { canMount, command } from "./mount.ts";

/** The least that btrfs wants, and a little; a hole for the most part. */
const IMAGE_BYTES = 256 << 20;

/** A folder with a quota, in a btrfs of its own; needs root on Linux. */
export class QuotaDisk implements AsyncDisposable {
  /** The folder. */
  readonly path: string;
  readonly #mounted: string;

  /**
   * @param path Where to make it; the image lies beside it.
   * @param bytes How many bytes the folder may have.
   * @throws {Error} Where there is no btrfs, or mounting is not allowed.
   */
  constructor(path: string, bytes: number) {
    const image = `${path}.img`;
    fs.writeFileSync(image, "");
    fs.truncateSync(image, IMAGE_BYTES);
    command("mkfs.btrfs", "--quiet", image);
    fs.mkdirSync(path);
    command("mount", "-o", "loop", image, path);
    this.#mounted = path;
    this.path = `${path}/limited`;
    try {
      command("btrfs", "quota", "enable", path);
      command("btrfs", "subvolume", "create", this.path);
      command("btrfs", "qgroup", "limit", String(bytes), this.path);
    } catch (error) {
      command("umount", path);
      throw error;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    command("umount", "--lazy", this.#mounted);
    return Promise.resolve();
  }
}

/** What tests that need one add to their names: why they are skipped, or nothing. */
export const QUOTA_ONLY: string = canMount((path) => new QuotaDisk(path, 1 << 20))
  ? ""
  : " [skipped: needs btrfs-progs, root and leave to mount a btrfs]";
