// @ts-types="../types/std_assert.d.ts"
import { assertEquals, assertStrictEquals } from "@std/assert";
import fs from "node:fs";
import { ParasyncError } from "../errors.ts";
import { asFileError, displayName, errnoOf } from "./file_error.ts";
import { TestFolder } from "./test_folder.ts";

function caught(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

Deno.test("real system errors become codes and reasons without the system's paths", () => {
  using folder = new TestFolder();
  const file = folder.write("f", "");
  fs.symlinkSync("loop", folder.join("loop"));
  const cases: [() => unknown, string, string][] = [
    [() => fs.lstatSync(folder.join("none")), "not_found", "it does not exist"],
    [
      () => fs.lstatSync(folder.join("f", "x")),
      "not_found",
      "a part of its path is not a folder",
    ],
    [() => fs.openSync(file, "wx"), "changed", "it exists already"],
    [() => fs.readFileSync(folder.path), "file_selection", "it is a folder"],
    [
      () => fs.realpathSync(folder.join("loop")),
      "file_selection",
      "it is a symbolic link, or leads through too many of them",
    ],
    [() => fs.lstatSync(folder.join("x".repeat(300))), "bad_request", "its name is too long"],
  ];
  for (const [action, code, reason] of cases) {
    const error = asFileError(caught(action), "read", "asked");
    assertEquals([error.code, error.message], [code, `Cannot read asked: ${reason}`]);
    assertEquals(error.cause instanceof Error, true);
  }
});

Deno.test("errno is found in the code, at the start of the message, or by the system's number", () => {
  assertEquals(errnoOf(Object.assign(new Error("x"), { code: "EDQUOT" })), "EDQUOT");
  assertEquals(errnoOf(new Error("EROFS: read-only file system, open 'x'")), "EROFS");
  assertEquals(errnoOf(Object.assign(new Error("x"), { code: "ERR_INVALID_ARG_VALUE" })), "");
  assertEquals(errnoOf("ENOSPC"), "");
  if (Deno.build.os !== "linux") return;
  assertEquals(errnoOf(new Error("Disk quota exceeded (os error 122)")), "EDQUOT");
  assertEquals(errnoOf(new Error("File too large (os error 27): open 'x'")), "EFBIG");
  const unknown = { code: "UNKNOWN", errno: -122 };
  assertEquals(errnoOf(Object.assign(new Error("UNKNOWN: unknown error"), unknown)), "EDQUOT");
  assertEquals(errnoOf(new Error("No such thing (os error 4711)")), "");
});

Deno.test("quotas and large files keep their own codes, unknown errors name the errno", () => {
  const of = (code: string) => asFileError(Object.assign(new Error(), { code }), "write", "f");
  assertEquals(of("EDQUOT").code, "no_space");
  assertEquals(of("EFBIG").code, "too_large");
  assertEquals(of("EMFILE").code, "busy");
  assertEquals(of("ENODEV").message, "Cannot write f: the system refused with ENODEV");
});

Deno.test("a failure that has a code already is passed on", () => {
  const error = new ParasyncError("locked", "Cannot sync f: …");
  assertStrictEquals(asFileError(error, "open", "g"), error);
});

Deno.test("names in messages cannot act on a terminal", () => {
  assertEquals(displayName("a\nb\x1b[2Jc"), "a\\nb\\u001b[2Jc");
  assertEquals(displayName("\x7f\u009b\u202e\u2028\ud800"), "\\u007f\\u009b\\u202e\\u2028\\ud800");
  assertEquals(displayName("Grüße 世界 🙂"), "Grüße 世界 🙂");
  assertEquals(displayName("x".repeat(5000)).length, 257);
});
