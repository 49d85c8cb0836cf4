import type { Session } from "../../proto/gen/parasync_pb.ts";
import type { DeltaCoding } from "../delta/coding.ts";
import type { Peer, SourceEnd } from "./scheme.ts";

/** From which round trip on a line is taken for a slow one, in ms. */
const SLOW_MS = 12;

/** Levels of compression where none is asked for: as many bytes a second as a line of 100 Mbit/s takes, and more. */
const LEVELS = { zstd: 6, deflate: 6 } as const;

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
  /** Whether that compresses. */
  readonly compressed: boolean;
}

/**
 * Decides what the line is worth.
 *
 * @param peer The server.
 * @param acknowledged The round trip of the session's acknowledgement.
 * @param calm Resolves when both ends are idle, as far as this one can tell.
 * @param session What the server has said.
 * @param end What the user wants.
 */
export async function measureLine(
  peer: Peer,
  acknowledged: Promise<number>,
  calm: Promise<void>,
  session: Session,
  end: SourceEnd,
): Promise<Line> {
  const rttMs = await peer.roundTrip(acknowledged, SLOW_MS, calm);
  const { refine } = end;
  const slow = rttMs >= SLOW_MS;
  const coding = await codingFor(session, end, slow);
  return {
    rttMs,
    slow,
    refines: refine === "on" || refine === "auto" && slow,
    patienceMs: refine === "on" ? 0 : rttMs,
    coding,
    compressed: coding.version === 2 && coding.coding !== "off",
  };
}

/** How to code the delta: as was asked for if both ends can, else as both can. */
async function codingFor(session: Session, end: SourceEnd, slow: boolean): Promise<DeltaCoding> {
  const { coding: asked, level } = end.compress;
  const plain = plainCoding(session);
  if (plain.version < 2 || asked === "off" || asked === "auto" && !slow) return plain;
  const { availableCodings } = await import("../delta/coding.ts");
  const theirs = session.codings.split(",");
  const common = availableCodings().filter((coding) => theirs.includes(coding));
  const coding = common.find((one) => one === asked) ?? common[0];
  return coding === undefined ? plain : { version: 2, coding, level: level ?? LEVELS[coding] };
}

/** The delta that a server reads, uncompressed: what is sent before the line is known. */
export function plainCoding({ deltaVersion }: Session): DeltaCoding {
  return deltaVersion < 2 ? { version: 1 } : { version: 2, coding: "off", level: 0 };
}
