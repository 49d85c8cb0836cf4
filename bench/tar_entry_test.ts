// @ts-types="../src/types/std_assert.d.ts"
import { assertEquals, assertRejects } from "@std/assert";
import { Buffer } from "node:buffer";
import { gunzipSync } from "node:zlib";
import { ParasyncError } from "../src/errors.ts";
import { RandomBytes } from "./random_bytes.ts";
import { tarEntry } from "./tar_entry.ts";

function entry(name: string, content: Uint8Array, type = "0", prefix = ""): Uint8Array {
  const bytes = new Uint8Array(512 + Math.ceil(content.length / 512) * 512);
  const put = (text: string, at: number): void => bytes.set(new TextEncoder().encode(text), at);
  put(name, 0);
  put(content.length.toString(8).padStart(11, "0"), 124);
  put(" ".repeat(8), 148);
  put(type, 156);
  put("ustar\0" + "00", 257);
  put(prefix, 345);
  const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  put(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  bytes.set(content, 512);
  return bytes;
}

function random(seed: string, bytes: number): Uint8Array {
  const content = new Uint8Array(bytes);
  new RandomBytes(seed).read(content, 0);
  return content;
}

const [BEFORE, WANTED] = [random("before", 700), random("wanted", 5000)];

const ARCHIVE = new Uint8Array(Buffer.concat([
  entry("package", new Uint8Array(), "5"),
  entry("package/wanted", BEFORE, "x"),
  entry("package/before", BEFORE),
  entry("package/wanted", WANTED),
  entry("package/wanted", BEFORE),
  entry("package/empty", new Uint8Array()),
  entry("wanted", WANTED, "0", "package/far/down"),
  new Uint8Array(1024),
]));

async function read(archive: Uint8Array, name: string, step = archive.length): Promise<Uint8Array> {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < archive.length; at += step) {
      yield await Promise.resolve(archive.subarray(at, at + step));
    }
  }
  const parts: Uint8Array[] = [];
  for await (const part of tarEntry(pieces(), name)) parts.push(part.slice());
  return new Uint8Array(Buffer.concat(parts));
}

Deno.test("a file is taken out of an archive, whatever pieces that comes in", async () => {
  for (const step of [1, 7, 511, 512, 513, 4096, ARCHIVE.length]) {
    assertEquals(await read(ARCHIVE, "package/wanted", step), WANTED, `pieces of ${step} bytes`);
  }
  assertEquals(await read(ARCHIVE, "package/before"), BEFORE);
  assertEquals(await read(ARCHIVE, "package/far/down/wanted"), WANTED);
  assertEquals(await read(ARCHIVE, "package/empty"), new Uint8Array());
});

/** `mkdir d; printf 'Hello\n' > d/f; tar --format=ustar -cf - --mtime=@0 --owner=0 --group=0 d | gzip -9`, GNU tar 1.34. */
const MADE_BY_GNU_TAR =
  "H4sIAAAAAAACA+3RQQqDQAwF0Fn3FN7AsczYK/QaBetKGLD2/h26tGBXCsJ7mwQSCOEPbdhdrG45f2u1rr99111T" +
  "DE0OB3i/lsdcz8+lLFt7/+br505iaMdD8u9T2si/X+efYgpNlP/u7s9pKpcAAAAAAAAAAACc0Acfty67ACgAAA==";

Deno.test("an archive that GNU tar made is read", async () => {
  const archive = gunzipSync(Buffer.from(MADE_BY_GNU_TAR, "base64"));
  assertEquals(await read(archive, "d/f"), new TextEncoder().encode("Hello\n"));
});

Deno.test("what is no archive, or not all of one, or lacks the file, is refused", async () => {
  const refused = async (archive: Uint8Array, name: string, reason: string): Promise<void> => {
    await assertRejects(() => read(archive, name), ParasyncError, reason);
  };
  await refused(
    ARCHIVE,
    "package/other",
    "Cannot read package/other: the archive has no such file",
  );
  await refused(ARCHIVE, "package", "has no such file");
  await refused(new Uint8Array(), "package/wanted", "has no such file");
  await refused(random("noise", 2048), "package/wanted", "it is no tar archive");
  for (const bytes of [100, 600, 4000]) {
    await refused(ARCHIVE.subarray(0, bytes), "package/wanted", "it ends too early");
  }
  const broken = ARCHIVE.slice();
  broken[3]! ^= 1;
  await refused(broken, "package/wanted", "it is no tar archive");
});
