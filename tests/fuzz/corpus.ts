import fs from "node:fs";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Inputs that are saved: a file for each target, a line of hexadecimal digits for each input. */
export const CORPUS: string = fileURLToPath(new URL("./corpus", import.meta.url));

/** What a target's file holds, in its order. */
export function readInputs(folder: string, target: string): Uint8Array<ArrayBuffer>[] {
  const path = join(folder, `${target}.hex`);
  if (!fs.existsSync(path)) return [];
  const lines = fs.readFileSync(path, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => new Uint8Array(Buffer.from(line, "hex")));
}

/**
 * Adds an input to its target's file.
 *
 * @returns The file's path.
 */
export function saveInput(folder: string, target: string, input: Uint8Array): string {
  const path = join(folder, `${target}.hex`);
  fs.mkdirSync(folder, { recursive: true });
  fs.appendFileSync(path, `${Buffer.from(input).toString("hex")}\n`);
  return path;
}
