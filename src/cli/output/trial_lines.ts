import { type SchemeName, SCHEMES } from "../../schemes/scheme_name.ts";
import { printable } from "../../telemetry/printable.ts";
import type { Summary } from "./summary.ts";

/** How the third argument of one of the original's tests was given. */
export type TrialHashing =
  | { readonly kind: "default" }
  | { readonly kind: "chosen" }
  | { readonly kind: "invalid"; readonly text: string };

/**
 * What is said of a third argument that is neither 0 nor 1.
 *
 * @param text The argument.
 */
export function invalidHashingLine(text: string): string {
  const algorithm = "using non-hardware accelerated hashing algorithm";
  return `Invalid hash algorithm ${printable(text, 80)}, ${algorithm}`;
}

/**
 * The lines of one of the original's tests: which hashing, then the time of each stage in seconds. Our stages stand
 * in the places of its own; what differs is said below them.
 *
 * @param summary What the sync did.
 * @param scheme The test's scheme.
 * @param hashing How hashing was chosen.
 * @returns Lines that end in line feeds.
 */
export function renderTrial(
  summary: Summary,
  scheme: SchemeName,
  hashing: TrialHashing,
): string {
  const lines = [hashingLine(summary, hashing), ...timeLines(summary, scheme)];
  const notes = notesOf(summary, scheme).map((note) => `  (${note})`);
  return [...lines, ...notes].map((line) => `${line}\n`).join("");
}

function hashingLine({ hwRequested, hwClient }: Summary, hashing: TrialHashing): string {
  if (hashing.kind === "invalid") return invalidHashingLine(hashing.text);
  const native = hwClient !== "portable";
  const missing = !native && hwRequested !== "0" ? " (the libraries are missing)" : "";
  const standard = hashing.kind === "default" ? " (default)" : "";
  return `Using ${native ? "" : "non-"}hardware accelerated hashing algorithm${standard}${missing}`;
}

function timeLines({ stages }: Summary, scheme: SchemeName): string[] {
  const generate = `Client Generate Delta time,${seconds(stages, "client send")}`;
  const patch = `Server Patch Delta time,${seconds(stages, "server receive")}`;
  switch (scheme) {
    case "rsync":
    case "skysync_f": {
      const signature = seconds(stages, "server signature", ...checksums("server"));
      const search = seconds(stages, ...checksums("client"), "client search");
      const applied = seconds(stages, "server receive");
      return [
        `Server Signature generation completed in ${signature} seconds`,
        `Client Rolling and Delta generation completed in ${search} seconds`,
        `Server Patch delta applied in ${applied} seconds`,
      ];
    }
    case "dsync":
    case "skysync_c":
      return [
        `Server Serial CDC time,${seconds(stages, "server chunk")}`,
        `Client Serial CDC time,${seconds(stages, "client chunk")}`,
        `Server Compare Weak Hash time,${seconds(stages, "server match")}`,
        `Client Calculate Strong Hash time,${seconds(stages, "client match")}`,
        generate,
        patch,
      ];
    case "pdsync":
    case "parasync": {
      const chunked = Math.max(stages["client chunk"] ?? 0, stages["server chunk"] ?? 0);
      const [first, second] = scheme === "pdsync"
        ? [
          seconds(stages, "client mark", "server mark"),
          seconds(stages, "client select", "server select"),
        ]
        : [formatted(chunked), formatted(0)];
      return [
        `Parallel CDC Stage 1,${first}`,
        `Parallel CDC Stage 2,${second}`,
        `Server: parallel Wmatcher, ${seconds(stages, "server match")}`,
        `Client: parallel Smatcher, ${seconds(stages, "client match")}`,
        generate,
        patch,
      ];
    }
  }
}

function notesOf(summary: Summary, scheme: SchemeName): string[] {
  const { stages, checksumsClient, checksumsServer } = summary;
  const notes: string[] = [];
  if (scheme === "pdsync") {
    notes.push("Stages 1 and 2 are those of both ends, which chunk one after the other");
  }
  if (scheme === "parasync") {
    notes.push(
      "Stage 1 is that of the slower end, both chunk at once; there is no stage 2, " +
        "cuts are chosen as they are found",
    );
  }
  if (scheme === "parasync" && summary.mode === "streaming") {
    notes.push("All stages run at the same time: these times overlap");
  } else {
    const made = SCHEMES[scheme].opens === "signature" ? "made" : "sent";
    notes.push(`The delta is applied while it is ${made}: the last two times overlap`);
  }
  if (checksumsClient + checksumsServer !== "") {
    const of = (origin: string): string => origin === "" ? "not needed" : printable(origin);
    const ends = `client ${of(checksumsClient)}, server ${of(checksumsServer)}`;
    notes.push(`Block checksums: ${ends}; the times include it`);
  }
  const committed = seconds(stages, "server verify", "server commit");
  notes.push(`Checking the result and putting it in its place took another ${committed} seconds`);
  return notes;
}

function checksums(end: "client" | "server"): string[] {
  return [`${end} checksums-stored`, `${end} checksums-computed`];
}

/** The time of stages that follow each other; what did not happen took none. */
function seconds(stages: Readonly<Record<string, number>>, ...names: readonly string[]): string {
  return formatted(names.reduce((sum, name) => sum + (stages[name] ?? 0), 0));
}

/** As C's `%f` prints it. */
function formatted(millis: number): string {
  return (millis / 1000).toFixed(6);
}
