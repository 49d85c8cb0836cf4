/**
 * dsync (MSST'20; as the ParaSync artifact has it): both ends chunk serially, the client first, then the
 * server; the list of weak checksums, the answer and the delta each travel whole; one thread at each end.
 *
 * As in the original, `hw` selects algorithms: CRC-32 and SHA-1, or CRC-32C and SHA-256. Either can be computed
 * with and without native code.
 */
import type { HardwareChoice } from "../hashing/backend.ts";
import type { Suite } from "../hashing/suite.ts";
import { matchByCount } from "../matching/barrier_weak_matching.ts";
import { SerialMatcher } from "../matching/serial_matcher.ts";
import type { KeyPlan } from "./key_plan.ts";

function suiteOf(hw: HardwareChoice): Suite {
  return hw === "0" ? { weak: "crc32", strong: "sha1" } : { weak: "crc32c", strong: "sha256" };
}

/** The plan of dsync. */
export const dsync: KeyPlan = {
  name: "dsync",
  suite: suiteOf,
  chunk: ({ file, parameters, lanes, hw, withSegments, signal }, onBlock) =>
    lanes.chunk(file, parameters, withSegments, onBlock, signal, { suite: suiteOf(hw) }),
  begins: "keys",
  streamed: () => false,
  answers: () => "whole",
  matcher: () => Promise.resolve((parts) => new SerialMatcher(parts)),
  match: matchByCount,
};
