// @ts-types="../src/types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { equals, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { file_parasync as file } from "./gen/parasync_pb.ts";
import { wireCodec } from "./wire_codec.ts";

const here = new URL(".", import.meta.url);

Deno.test("the committed codec is what its generator makes of the committed descriptor", async () => {
  const committed = await Deno.readTextFile(new URL("gen/parasync_wire.ts", here));
  assertEquals(committed, wireCodec(file, "./parasync_pb.ts"));
});

const protocMissing = await new Deno.Command("protoc", { args: ["--version"], stdout: "null" })
  .output().then(() => false, () => true);

Deno.test({
  name: "the committed descriptor is what protoc makes of parasync.proto" +
    (protocMissing ? " (skipped: there is no protoc on the PATH)" : ""),
  ignore: protocMissing,
  async fn() {
    const { success, stdout } = await new Deno.Command("protoc", {
      cwd: here.pathname,
      args: ["--descriptor_set_out=/dev/stdout", "parasync.proto"],
    }).output();
    assert(success);
    const fresh = fromBinary(FileDescriptorSetSchema, stdout).file[0]!;
    assert(equals(FileDescriptorProtoSchema, file.proto, fresh), "run deno task proto");
  },
});
