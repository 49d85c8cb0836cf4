// @ts-types="../types/std_assert.d.ts"
import { assert, assertThrows } from "@std/assert";
import { ParasyncError } from "../errors.ts";
import { FULL_GRANT, requireLocated, requireNamed } from "./grant.ts";

const IMAGES = { ...FULL_GRANT, within: ["images", "a"] };

Deno.test("a token for a folder names what is below it, on the borders of components", () => {
  for (const name of ["images/a/x", "/images/a/x", "./images//a/./x/y", "images/a"]) {
    requireNamed(IMAGES, name);
  }
  const outside = ["images/ab/x", "images/b", "images", "x", "images/a/../b", "../images/a/x", ""];
  for (const name of [...outside, "IMAGES/a/x", "images%2Fa/x", "images/a/..", "a/images/a/x"]) {
    const error = assertThrows(() => requireNamed(IMAGES, name), ParasyncError);
    assert(error.code === "forbidden", name);
  }
  requireNamed(FULL_GRANT, "images/ab/x");
});

Deno.test("a link that leads out of the folder leads out of what its token is for", () => {
  const at = (path: string) => ({
    name: "images/a/x",
    path,
    directory: "",
    base: "x",
    directoryKey: "",
  });
  requireLocated(IMAGES, "/srv", at("/srv/images/a/deeper/x"));
  for (const path of ["/srv/other/x", "/srv/images/x", "/srv/images/ab/x", "/x"]) {
    assertThrows(() => requireLocated(IMAGES, "/srv", at(path)), ParasyncError);
  }
  requireLocated(FULL_GRANT, "/srv", at("/srv/other/x"));
});
