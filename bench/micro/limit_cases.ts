/** The physical limits: what moving the bytes alone costs on this machine. */
import { Buffer } from "node:buffer";
import fs from "node:fs";
import { join } from "node:path";
import { RandomBytes } from "../random_bytes.ts";
import { type Case, insist, type LimitName, type Materials } from "./case.ts";

const COPY_BYTES = 128 << 20;
const FILE_BYTES = 64 << 20;
/** The sizes of reads and writes that the program itself uses. */
const READ_BYTES = 1 << 20;
const WRITE_BYTES = 64 << 10;

/** The group's name, which is how results are told from limits. */
export const LIMITS = "limit";

/** Each limit, under its own name. */
export function limitCases({ folder, onEnd }: Materials): readonly Case[] {
  const from = new Uint8Array(COPY_BYTES);
  new RandomBytes("limit").read(from, 0);
  const to = new Uint8Array(COPY_BYTES).fill(1);
  const content = from.subarray(0, FILE_BYTES);
  const [readPath, writePath] = [join(folder, "limit.read"), join(folder, "limit.write")];
  fs.writeFileSync(readPath, content);
  fs.writeFileSync(writePath, content);
  const [readFd, writeFd] = [fs.openSync(readPath, "r"), fs.openSync(writePath, "r+")];
  onEnd(() => [readFd, writeFd].forEach((fd) => fs.closeSync(fd)));
  const window = new Uint8Array(READ_BYTES);
  const limit = (
    name: LimitName,
    bytes: number,
    run: () => void,
    check: () => void,
  ): Case => ({ group: LIMITS, name, work: { bytes }, run, check });
  return [
    limit("copy", COPY_BYTES, () => to.set(from), () => {
      insist(to[COPY_BYTES - 1] === from[COPY_BYTES - 1], "a copy differs");
    }),
    limit("read", FILE_BYTES, () => {
      for (let at = 0; at < FILE_BYTES; at += READ_BYTES) {
        fs.readSync(readFd, window, 0, READ_BYTES, at);
      }
    }, () => {
      const last = content.subarray(FILE_BYTES - READ_BYTES);
      insist(Buffer.compare(window, last) === 0, "a read differs");
    }),
    // Into pages that the cache has: a file's first pages cost more, by what the machine takes to give them.
    limit("write", FILE_BYTES, () => {
      for (let at = 0; at < FILE_BYTES; at += WRITE_BYTES) {
        fs.writeSync(writeFd, content, at, WRITE_BYTES, at);
      }
    }, () => {
      insist(fs.fstatSync(writeFd).size === FILE_BYTES, "a write is short");
    }),
  ];
}
