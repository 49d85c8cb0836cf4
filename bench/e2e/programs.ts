/** Which of the programs to compare with are on this machine. */
import { PEER_NAMES, type PeerName } from "./contender.ts";

/** How each says its version, and how to find it in what it says. */
const VERSIONS: Readonly<Record<PeerName, { readonly args: string[]; readonly form: RegExp }>> = {
  rsync: { args: ["--version"], form: /^rsync\s+version\s+(\S+)/ },
  rdiff: { args: ["--version"], form: /^rdiff.*?(\d[\d.]*)/ },
  zsync: { args: ["-V"], form: /^zsync v?(\d[\d.]*)/ },
  cp: { args: ["--version"], form: /^cp.*?(\d[\d.]*)/ },
  curl: { args: ["--version"], form: /^curl (\d[\d.]*)/ },
};

/** Versions of programs that are there, in the order of {@linkcode PEER_NAMES}. */
export type Programs = Partial<Readonly<Record<PeerName, string>>>;

/** Looks for every program. */
export function findPrograms(): Programs {
  return Object.fromEntries(PEER_NAMES.flatMap((name) => {
    const { args, form } = VERSIONS[name];
    const said = outputOf(name, args);
    return said === undefined ? [] : [[name, form.exec(said)?.[1] ?? "of unknown version"]];
  }));
}

/** Whether rsync can compress with zstd. */
export function rsyncHasZstd(): boolean {
  return /^Compress list:\s[^:]*\bzstd\b/m.test(outputOf("rsync", ["--version"]) ?? "");
}

function outputOf(command: string, args: string[]): string | undefined {
  try {
    const { stdout, stderr } = new Deno.Command(command, { args }).outputSync();
    return new TextDecoder().decode(new Uint8Array([...stdout, ...stderr]));
  } catch {
    return undefined;
  }
}
