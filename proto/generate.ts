/**
 * Generates proto/gen from the .proto files: `deno task proto`. Needs protoc on the PATH (Debian:
 * protobuf-compiler), and the network for protoc-gen-es the first time; nothing else needs either,
 * since what it writes is committed.
 */
const GENERATOR = "npm:@bufbuild/protoc-gen-es@2.13.0";

const here = new URL(".", import.meta.url).pathname;

/** protoc calls its plugins by file name, hence the one-line script around the package. */
async function protoc(): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "parasync-proto-" });
  try {
    const plugin = folder + "/protoc-gen-es";
    await Deno.writeTextFile(
      plugin,
      `#!/bin/sh\nexec "${Deno.execPath()}" run --quiet --allow-all --no-config --no-lock ` +
        `--node-modules-dir=none ${GENERATOR}\n`,
      { mode: 0o700 },
    );
    const { success } = await new Deno.Command("protoc", {
      cwd: here,
      args: [
        "--plugin=protoc-gen-es=" + plugin,
        "--es_out=gen",
        "--es_opt=target=ts,import_extension=ts",
        "parasync.proto",
      ],
      stdout: "inherit",
      stderr: "inherit",
    }).spawn().status;
    if (!success) throw new Error("Cannot generate proto/gen: protoc failed");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) {
  await Deno.mkdir(here + "gen", { recursive: true });
  await protoc();
  // Imported only now: both need the file that protoc has just written.
  const { file_parasync: file } = await import("./gen/parasync_pb.ts");
  const { wireCodec } = await import("./wire_codec.ts");
  await Deno.writeTextFile(here + "gen/parasync_wire.ts", wireCodec(file, "./parasync_pb.ts"));
}
