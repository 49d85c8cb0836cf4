// @ts-types="../types/std_assert.d.ts"
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fs from "node:fs";
import { ParasyncError } from "../errors.ts";
import { verifyLocation } from "./location.ts";
import { Root } from "./root.ts";
import { TestFolder } from "./test_folder.ts";

function refusal(root: Root, name: string): string {
  return assertThrows(() => root.locate(name), ParasyncError, undefined, JSON.stringify(name)).code;
}

Deno.test("names under the root are found, relative or absolute", () => {
  using folder = new TestFolder();
  fs.mkdirSync(folder.join("a", "b"), { recursive: true });
  const root = Root.open(folder.path);
  for (const name of ["a/b/f", "./a//b/./f", folder.join("a/b/f")]) {
    const location = root.locate(name);
    assertEquals(location.path, folder.join("a/b/f"));
    assertEquals([location.name, location.directory, location.base], [
      name,
      folder.join("a/b"),
      "f",
    ]);
  }
  // What only looks special is a name like others.
  for (const name of ["..f", "f..", "...", "~", "%2e%2e", "a b+&#?", "Grüße"]) {
    assertEquals(root.locate(name).base, name);
  }
});

Deno.test("a root that is itself reached through a link may be named either way", () => {
  using folder = new TestFolder();
  fs.mkdirSync(folder.join("real"));
  fs.symlinkSync("real", folder.join("link"));
  const root = Root.open(folder.join("link"));
  assertEquals(root.path, folder.join("real"));
  assertEquals(root.locate(folder.join("link/f")).path, folder.join("real/f"));
  assertEquals(root.locate(folder.join("real/f")).path, folder.join("real/f"));
});

Deno.test("names that lead out of the root are forbidden", () => {
  using folder = new TestFolder();
  fs.mkdirSync(folder.join("root/sub"), { recursive: true });
  folder.write("secret", "s");
  const root = Root.open(folder.join("root"));
  const names = ["..", "../secret", "sub/../../secret", "sub/..", "sub/../f", "/etc/passwd", "/"];
  names.push(folder.join("secret"), folder.join("rootless/f"), folder.join("root/../secret"));
  names.push(`${folder.join("root")}/../secret`);
  for (const name of names) {
    // join() has taken some of the ".." away; what is left is outside of the root all the same.
    const code = name === "/" ? "bad_request" : "forbidden";
    assertEquals(refusal(root, name), code, name);
  }
});

Deno.test("malformed names are bad requests", () => {
  using folder = new TestFolder();
  fs.mkdirSync(folder.join("sub"));
  const root = Root.open(folder.path);
  const names = ["", "f\0", "sub/", "sub/.", ".", "./", "\ud800", folder.path, `${folder.path}/`];
  // The root's own path without a slash is not under the root.
  for (const name of names) {
    assertEquals(refusal(root, name), name === folder.path ? "forbidden" : "bad_request", name);
  }
});

Deno.test("this program's own files cannot be named, in whatever case", () => {
  using folder = new TestFolder();
  const root = Root.open(folder.path);
  const key = "0123456789abcdef0123456789abcdef";
  for (const name of [`.parasync-${key}.part`, ".parasync-x", ".PARASYNC-x", ".parasync-d/f"]) {
    assertEquals(refusal(root, name), "forbidden", name);
  }
  root.locate(".parasync");
});

Deno.test("links among the parents are followed inside of the root only", () => {
  using folder = new TestFolder();
  fs.mkdirSync(folder.join("root/deep/inside"), { recursive: true });
  fs.mkdirSync(folder.join("outside"));
  fs.mkdirSync(folder.join("root-sibling"));
  folder.write("root/file", "");
  const link = (to: string, at: string) => fs.symlinkSync(to, folder.join("root", at));
  link("deep/inside", "in");
  link(folder.join("root/deep"), "absolute");
  link("../outside", "out");
  link("../root-sibling", "sibling");
  link("..", "up");
  link("out", "twice");
  link("../root/deep", "around");
  link("nowhere", "dangling");
  link("loop", "loop");
  link("file", "to-file");
  const root = Root.open(folder.join("root"));
  assertEquals(root.locate("in/f").path, folder.join("root/deep/inside/f"));
  assertEquals(root.locate("absolute/inside/f").path, folder.join("root/deep/inside/f"));
  // Where it ends counts, not which way it takes.
  assertEquals(root.locate("around/f").path, folder.join("root/deep/f"));
  for (const name of ["out/f", "sibling/f", "up/f", "up/root/file", "twice/f"]) {
    assertEquals(refusal(root, name), "forbidden", name);
  }
  assertEquals(refusal(root, "dangling/f"), "not_found");
  assertEquals(refusal(root, "to-file/f"), "not_found");
  assertEquals(refusal(root, "loop/f"), "file_selection");
});

Deno.test("the last component is never followed", () => {
  using folder = new TestFolder();
  folder.write("secret", "s");
  fs.mkdirSync(folder.join("root"));
  fs.symlinkSync("../secret", folder.join("root/link"));
  const location = Root.open(folder.join("root")).locate("link");
  assertEquals(location.path, folder.join("root/link"));
});

Deno.test("a missing folder is not found, a file on the way is no folder", () => {
  using folder = new TestFolder();
  folder.write("file", "");
  const root = Root.open(folder.path);
  assertEquals(refusal(root, "none/f"), "not_found");
  assertEquals(refusal(root, "file/f"), "not_found");
  assertEquals(refusal(root, `${"x".repeat(300)}/f`), "bad_request");
});

Deno.test("messages show the name as asked, escaped, and no path outside of it", () => {
  using folder = new TestFolder();
  fs.mkdirSync(folder.join("root"));
  fs.symlinkSync("..", folder.join("root/up"));
  const root = Root.open(folder.join("root"));
  const error = assertThrows(() => root.locate("up/a\nb"), ParasyncError);
  assertStringIncludes(error.message, "up/a\\nb");
  assertEquals(error.message.includes(folder.path), false);
});

Deno.test("a root must be a folder", () => {
  using folder = new TestFolder();
  const file = folder.write("f", "");
  assertEquals(assertThrows(() => Root.open(file), ParasyncError).code, "file_selection");
  assertEquals(
    assertThrows(() => Root.open(folder.join("none")), ParasyncError).code,
    "not_found",
  );
});

Deno.test("a folder that is swapped after the look is noticed", () => {
  using folder = new TestFolder();
  fs.mkdirSync(folder.join("root/sub"), { recursive: true });
  fs.mkdirSync(folder.join("outside"));
  const location = Root.open(folder.join("root")).locate("sub/f");
  verifyLocation(location);
  fs.renameSync(folder.join("root/sub"), folder.join("root/aside"));
  const code = () => assertThrows(() => verifyLocation(location), ParasyncError).code;
  assertEquals(code(), "not_found");
  fs.symlinkSync("../outside", folder.join("root/sub"));
  assertEquals(code(), "changed");
  // The same folder, but through a link: it may lie anywhere by now.
  fs.unlinkSync(folder.join("root/sub"));
  fs.symlinkSync("aside", folder.join("root/sub"));
  assertEquals(code(), "changed");
});
