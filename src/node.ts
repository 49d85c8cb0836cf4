/**
 * What is used of Node's modules that are costly to import. An import evaluates all that a module exports: for `node:fs`
 * that is streams which nobody uses here, 20 ms on Deno 2.8; `node:crypto` takes 13 ms, and most runs have no use for it.
 */
import type Crypto from "node:crypto";
import type Fs from "node:fs";
import process from "node:process";

/** `node:fs`. */
export const fs: typeof Fs = process.getBuiltinModule("node:fs");

/** `createHash` of `node:crypto`, which is loaded by the first call. */
export function createHash(algorithm: string): Crypto.Hash {
  return process.getBuiltinModule("node:crypto").createHash(algorithm);
}
