/** Programs whose far end is {@link ./peer_server.ts}, and cp, which has none. */
import fs from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ParasyncError } from "../../src/errors.ts";
import { type ServerProcess, startListening } from "../server_process.ts";
import { type Contender, SILENT } from "./contender.ts";

const SERVER = fileURLToPath(new URL("./peer_server.ts", import.meta.url));

/** Where contenders work. */
export interface Places {
  /** The folder with the target. */
  readonly root: string;
  /** A folder for odds and ends. */
  readonly scratch: string;
}

async function startServer({ root, scratch }: Places, fsync: boolean): Promise<ServerProcess> {
  const shared = sharedIn(scratch);
  fs.mkdirSync(shared, { recursive: true });
  return await startListening(Deno.execPath(), [
    "run",
    "-A",
    SERVER,
    root,
    shared,
    fsync ? "on" : "off",
  ]);
}

function sharedIn(scratch: string): string {
  return join(scratch, "shared");
}

/** The whole new file, to a receiver that does nothing but write it: what needs no old file. */
export async function startCurl(places: Places, fsync: boolean): Promise<Contender> {
  return {
    name: `curl fsync=${fsync ? "on" : "off"}`,
    program: "curl",
    fsync,
    server: await startServer(places, fsync),
    client: ({ newFile, target, host, port }) => ({
      command: "curl",
      args: ["-sSf", "-H", "Expect:", "-T", newFile, `http://${host}:${port}/${target}`],
    }),
    read: () => SILENT,
  };
}

/** rdiff's three steps, the signature and the delta over HTTP and the latter while it is made. */
export async function startRdiff(places: Places, fsync: boolean): Promise<Contender> {
  const signature = join(places.scratch, "rdiff.signature");
  const script = 'set -o pipefail; curl -sSf "$1.signature" -o "$3" && ' +
    'rdiff delta "$3" "$2" - | curl -sSf -H Expect: -T - "$1.delta"; e=$?; rm -f "$3"; exit $e';
  return {
    name: `rdiff over HTTP fsync=${fsync ? "on" : "off"}`,
    program: "rdiff",
    fsync,
    server: await startServer(places, fsync),
    client: ({ newFile, target, host, port }) => ({
      command: "bash",
      args: ["-c", script, "rdiff", `http://${host}:${port}/${target}`, newFile, signature],
    }),
    read: () => SILENT,
  };
}

/** zsync, which fetches: the client has the old file, and what the server has was indexed beforehand. */
export async function startZsync(places: Places): Promise<Contender> {
  const { root, scratch } = places;
  const shared = sharedIn(scratch);
  return {
    name: "zsync (fetches; indexed beforehand)",
    program: "zsync",
    fsync: false,
    server: await startServer(places, false),
    prepare: async ({ newFile }) => {
      fs.rmSync(join(shared, "new"), { force: true });
      fs.linkSync(newFile, join(shared, "new"));
      const { success, stderr } = await new Deno.Command("zsyncmake", {
        args: ["-u", "new", "-o", join(shared, "new.zsync"), join(shared, "new")],
      }).output();
      if (success) return;
      const said = new TextDecoder().decode(stderr).trim();
      throw new ParasyncError("internal", `Cannot measure zsync: ${said}`);
    },
    client: ({ oldFile, target, host, port }) => ({
      command: "zsync",
      args: [
        "-q",
        "-i",
        oldFile,
        "-o",
        join(root, target),
        `http://${host}:${port}/shared/new.zsync`,
      ],
    }),
    read: () => SILENT,
  };
}

/** A plain copy on one machine: no network, no check, no temporary name. */
export function copyContender({ root }: Places): Contender {
  return {
    name: "cp (one machine)",
    program: "cp",
    fsync: false,
    server: null,
    client: ({ newFile, target }) => ({
      command: "cp",
      args: ["--reflink=never", "--remove-destination", newFile, join(root, target)],
    }),
    read: () => SILENT,
  };
}
