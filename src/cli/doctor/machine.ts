/** The program, its runtime and the machine. */
import { VERSION } from "../../version.ts";
import { type Check, note, ok, problem } from "./check.ts";
import { measured } from "./speed.ts";

/** What is known of them. */
export interface MachineFacts {
  /** The runtime's version. */
  readonly deno: string;
  /** Whether program and runtime are one executable. */
  readonly standalone: boolean;
  /** The system and processor it is built for. */
  readonly target: string;
  readonly simd: boolean;
  readonly cores: number;
  /** Bytes a second of a copy within memory. */
  readonly copySpeed: number;
  /** Kinds of permission that are not granted whole. */
  readonly ungranted: readonly string[];
}

const PERMISSIONS = ["read", "write", "net", "ffi", "sys", "env", "run"] as const;

/** A module with one function, which multiplies vectors of two 64-bit lanes. */
// deno-fmt-ignore -- a section a line
const SIMD_MODULE = new Uint8Array([
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00,
  0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b, // type: () -> v128
  0x03, 0x02, 0x01, 0x00, // function
  0x0a, 0x0f, 0x01, 0x0d, 0x00, // code
  0x42, 0x03, 0xfd, 0x12, 0x42, 0x05, 0xfd, 0x12, 0xfd, 0xd5, 0x01, 0x0b, // i64x2.splat 3, 5, i64x2.mul
]);

/** More than a processor keeps near itself, so that memory is measured. */
const COPY_BYTES = 32 << 20;

/** Looks at the machine; takes some 50 ms. */
export function examineMachine(): MachineFacts {
  const { target, standalone } = Deno.build;
  const [from, to] = [new Uint8Array(COPY_BYTES).fill(1), new Uint8Array(COPY_BYTES)];
  return {
    deno: Deno.version.deno,
    standalone,
    target,
    simd: WebAssembly.validate(SIMD_MODULE),
    cores: navigator.hardwareConcurrency,
    copySpeed: measured(COPY_BYTES, () => to.set(from)),
    ungranted: PERMISSIONS.filter((name) =>
      Deno.permissions.querySync({ name }).state !== "granted"
    ),
  };
}

/**
 * What the facts mean.
 *
 * @param facts What {@linkcode examineMachine} found.
 */
export function checkMachine(facts: MachineFacts): Check[] {
  const { cores, copySpeed, target, simd, ungranted } = facts;
  const vectors = ["simd", "SIMD"] as const;
  const permissions = ["permissions", "permissions"] as const;
  return [
    ok(["program", "program"], `parasync ${VERSION} for ${target}`, { version: VERSION, target }),
    checkDeno(facts),
    simd ? ok(vectors, "WebAssembly has it", { simd }) : problem(
      vectors,
      "internal",
      "WebAssembly has none, and nothing can be chunked without",
      "Use a processor with SSE4.1 or NEON, or see whether a virtual machine hides them",
      { simd },
    ),
    ok(
      ["cores", "cores"],
      `${cores}; a file keeps up to 8 threads busy`,
      { cores },
    ),
    ok(["memory", "memory"], `copies at ${(copySpeed / 1e9).toFixed(1)} GB/s`, {
      copyBytesPerSecond: Math.round(copySpeed),
    }),
    ungranted.length === 0
      ? ok(permissions, "all that any command needs", { ungranted: "" })
      : note(
        permissions,
        `not granted, or not for everything: ${ungranted.join(", ")}`,
        ungrantedAdvice(ungranted),
        { ungranted: ungranted.join(",") },
      ),
  ];
}

function checkDeno({ deno, standalone }: MachineFacts): Check {
  const subject = ["deno", "Deno"] as const;
  const way = standalone ? "in this executable" : "from source";
  const figures = { version: deno, standalone, slowServer: isSlow(deno) };
  if (isSlow(deno)) {
    return note(
      subject,
      `${deno}, ${way}: a server with Deno 2.8.3 to 2.9.6 takes uploads several times slower`,
      standalone ? "Compile it with Deno 2.8.2" : "Use Deno 2.8.2: npx -y deno@2.8.2",
      figures,
    );
  }
  if (compareVersions(deno, "2.4.2") < 0) {
    return note(
      subject,
      `${deno}, ${way}: older than what parasync is tested with`,
      "Use Deno 2.8.2",
      figures,
    );
  }
  return ok(subject, `${deno}, ${way}`, figures);
}

/** Whether a server with this runtime is slow. */
function isSlow(deno: string): boolean {
  return compareVersions(deno, "2.8.3") >= 0 && compareVersions(deno, "2.9.6") <= 0;
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) =>
    version.replace(/[-+].*$/, "").split(".").map(Number)
  );
  const place = left!.findIndex((part, at) => part !== right![at]);
  return place < 0 ? 0 : left![place]! - (right![place] ?? 0);
}

function ungrantedAdvice(ungranted: readonly string[]): string {
  const costs = [
    ...ungranted.includes("ffi") ? ["no hardware checksums without ffi"] : [],
    ...ungranted.includes("run") ? ["no compare without run"] : [],
  ];
  const known = costs.length > 0 ? `: ${costs.join(", ")}` : "";
  return `Run it with --allow-${ungranted.join(" --allow-")}, or know what it cannot do${known}`;
}
