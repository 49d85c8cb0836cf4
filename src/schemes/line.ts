import type { Session } from "../../proto/gen/parasync_pb.ts";
import type { DeltaCoding } from "../delta/coding.ts";
import type { SourceEnd } from "./scheme.ts";

/**
 * From which round trip on a line is taken for a slow one, in ms. A busy client sees one of up to 8 ms on
 * loopback, since its answers wait while it works.
 */
const SLOW_MS = 12;

/** From which on it is one, whatever the client is busy with. */
const SURELY_SLOW_MS = 30;

/** Levels of compression where none is asked for: as many bytes a second as a line of 100 Mbit/s takes, and more. */
const LEVELS = { zstd: 6, deflate: 6, off: 0 } as const;

/** What is known of the line to the server, and what is worth doing to spare it. */
export interface Line {
  /** The shortest round trip that was seen, in ms. */
  readonly rttMs: number;
  /** Whether bytes take longer to send than to save. */
  readonly slow: boolean;
  /** Whether to look for what chunks have left in finer rounds. */
  readonly refines: boolean;
  /** What a further round trip costs, in ms; 0 where only bytes count. */
  readonly patienceMs: number;
  /** How to code the delta. */
  readonly coding: DeltaCoding;
}

/**
 * Decides what the line is worth.
 *
 * @param measured A round trip that was measured while the session was opened.
 * @param acknowledged The one that its acknowledgement takes.
 * @param session What the server has said.
 * @param end What the user wants.
 */
export async function measureLine(
  measured: Promise<number>,
  acknowledged: Promise<number>,
  session: Session,
  end: SourceEnd,
): Promise<Line> {
  let rttMs = await Promise.race([measured, acknowledged]);
  // A busy moment must not be taken for a slow line.
  if (rttMs >= SLOW_MS && rttMs < SURELY_SLOW_MS) rttMs = Math.min(rttMs, await acknowledged);
  const { refine } = end;
  const slow = rttMs >= SLOW_MS;
  return {
    rttMs,
    slow,
    refines: refine === "on" || refine === "auto" && slow,
    patienceMs: refine === "on" ? 0 : rttMs,
    coding: await codingFor(session, end, slow),
  };
}

/** How to code the delta: as was asked for if both ends can, else as both can. */
async function codingFor(session: Session, end: SourceEnd, slow: boolean): Promise<DeltaCoding> {
  const { coding: asked, level } = end.compress;
  if (session.deltaVersion < 2 || asked === "off" || asked === "auto" && !slow) {
    return { version: 1 };
  }
  const { availableCodings } = await import("../delta/coding.ts");
  const theirs = session.codings.split(",");
  const common = availableCodings().filter((coding) => theirs.includes(coding));
  const coding = common.find((one) => one === asked) ?? common[0] ?? "off";
  return { version: 2, coding, level: level ?? LEVELS[coding] };
}
