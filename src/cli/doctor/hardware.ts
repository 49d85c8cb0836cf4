/** Checksums: the libraries on this machine, who would compute them, and how fast. */
import type { HardwareChoice, HashBackend } from "../../hashing/backend.ts";
import { STRONG_BYTES } from "../../hashing/backend.ts";
import { type LookedFor, lookForLibraries } from "../../hashing/libraries.ts";
import { openBackend } from "../../hashing/select.ts";
import { type Check, note, ok, problem, reasonIn } from "./check.ts";
import { measured } from "./speed.ts";

/** How fast one checksum is, in bytes a second. */
export interface ChecksumSpeed {
  readonly name: "CRC-32" | "BLAKE3";
  readonly portable: number;
  /** Null where there is no native backend. */
  readonly native: number | null;
}

/** What is known of checksums. */
export interface HardwareFacts {
  readonly choice: HardwareChoice;
  /** Empty where they are not to be looked for. */
  readonly libraries: readonly LookedFor[];
  /** The libraries of the native backend, or null where there is none. */
  readonly native: string | null;
  /** Who computes them without. */
  readonly portable: string;
  readonly speeds: readonly ChecksumSpeed[];
  /** Whether both backends compute the same. */
  readonly agree: boolean;
}

const SAMPLE_BYTES = 1 << 20;

/**
 * Looks for libraries, unless they are not wanted, and measures; takes some 150 ms.
 *
 * @param choice What `--hw` says.
 */
export async function examineHardware(choice: HardwareChoice): Promise<HardwareFacts> {
  const libraries = choice === "0" ? [] : lookForLibraries();
  const { backend: portable } = await openBackend("0");
  const { backend } = await openBackend(choice === "0" ? "0" : "auto");
  const native = backend.name === "native" ? backend : null;
  const sample = someBytes();
  const speedOf = (name: ChecksumSpeed["name"], run: (by: HashBackend) => void): ChecksumSpeed => ({
    name,
    portable: measured(SAMPLE_BYTES, () => run(portable)),
    native: native === null ? null : measured(SAMPLE_BYTES, () => run(native)),
  });
  const out = new Uint8Array(STRONG_BYTES);
  return {
    choice,
    libraries,
    native: native?.description ?? null,
    portable: portable.description,
    speeds: [
      speedOf("CRC-32", (by) => by.weak(sample, 0, sample.length)),
      speedOf("BLAKE3", (by) => by.strong(sample, 0, sample.length, out, 0)),
    ],
    agree: native === null || checksumsOf(native, sample) === checksumsOf(portable, sample),
  };
}

/** Bytes of every value in no order that a checksum could make use of. */
function someBytes(): Uint8Array {
  const words = new Uint32Array(SAMPLE_BYTES / 4);
  let word = 1;
  for (let at = 0; at < words.length; at++) {
    word = Math.imul(word, 1664525) + 1013904223 | 0;
    words[at] = word;
  }
  return new Uint8Array(words.buffer);
}

/** Both checksums of a sample whose length is no multiple of anything. */
function checksumsOf(backend: HashBackend, sample: Uint8Array): string {
  const out = new Uint8Array(STRONG_BYTES);
  const end = sample.length - 13;
  backend.strong(sample, 0, end, out, 0);
  return `${backend.weak(sample, 0, end)} ${out}`;
}

/**
 * What the facts mean.
 *
 * @param facts What {@linkcode examineHardware} found.
 */
export function checkHardware(facts: HardwareFacts): Check[] {
  return [
    ...facts.libraries.map((library) => checkLibrary(library, facts.choice)),
    checkBackend(facts),
    ...facts.speeds.map(checkSpeed),
    ...facts.agree ? [] : [
      problem(
        ["checksums", "results"],
        "verification",
        "the libraries compute something else than the portable code",
        "Use --hw=0, and install the libraries anew",
      ),
    ],
  ];
}

function checkLibrary({ title, name, path, missing }: LookedFor, choice: HardwareChoice): Check {
  const subject = [title === "ISA-L" ? "isal" : "blake3", title] as const;
  const figures = { name, path };
  if (name !== null) {
    // What is named by its path needs no other.
    return ok(subject, path === null || path === name ? name : `${name} (${path})`, figures);
  }
  // "not found as A, B; C refused, why; how to install it"
  const reasons = reasonIn(missing).split("; ");
  const install = reasons.length > 1 ? reasons.pop()! : "";
  const text = reasons.map(shortened).join("; ");
  const override = /\(as (\w+) asks\)/.exec(missing)?.[1];
  const advice = override !== undefined
    ? `Mend ${override}, or unset it`
    : install === ""
    ? ""
    : `Install it ${install}`;
  return choice === "require"
    ? problem(subject, "usage", text, advice, figures)
    : note(subject, text, advice, figures);
}

/** The first of many names: a library has one for each of its releases. */
function shortened(reason: string): string {
  const names = reason.split(", ");
  if (!reason.startsWith("not found as ") || names.length < 5) return reason;
  return `${names.slice(0, 3).join(", ")} and ${names.length - 3} more`;
}

function checkBackend({ choice, native, portable }: HardwareFacts): Check {
  const subject = ["backend", "in use"] as const;
  const figures = {
    backend: native === null ? "portable" : "native",
    libraries: native ?? portable,
    hwRequested: choice,
  };
  const text = native === null ? `portable code: ${portable}` : `native libraries: ${native}`;
  if (choice === "0") return ok(subject, `${text} (as --hw=0 asks)`, figures);
  if (native !== null) return ok(subject, text, figures);
  if (choice === "require") {
    return problem(
      subject,
      "usage",
      "none: --hw=require needs both libraries",
      "Install them, or leave --hw=require out",
      figures,
    );
  }
  return note(subject, `${text}, since both libraries are needed`, "", figures);
}

function checkSpeed({ name, portable, native }: ChecksumSpeed): Check {
  const figures = {
    portableBytesPerSecond: Math.round(portable),
    nativeBytesPerSecond: native === null ? null : Math.round(native),
  };
  const subject = [`speed_${name.toLowerCase().replace("-", "")}`, `${name} speed`] as const;
  if (native === null) return ok(subject, `${gigabytes(portable)} portable`, figures);
  const times = native / portable;
  const compared = times < 1.15 ? "" : ` (${times.toFixed(1)} times as fast)`;
  return ok(
    subject,
    `${gigabytes(native)} native, ${gigabytes(portable)} portable${compared}`,
    figures,
  );
}

function gigabytes(bytesPerSecond: number): string {
  const giga = bytesPerSecond / 1e9;
  return `${giga.toFixed(giga < 10 ? 2 : 1)} GB/s`;
}
