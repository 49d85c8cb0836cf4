// @ts-types="../types/std_assert.d.ts"
import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import process from "node:process";
import { errnoOf } from "./file_error.ts";
import { isGone, readProc } from "./proc_file.ts";

const ignore = Deno.build.os !== "linux";

/** A number that no process has: the kernel gives out none as high. */
const NOBODY = 2 ** 30;

/** Not all: that is what the runtime asks for before it opens /proc. */
const SOME: Deno.PermissionOptions = { read: true, ffi: true };

// First, since the C library stays open once it is.
Deno.test({
  name: "without leave to load libraries what is in /proc stays unknown",
  ignore,
  permissions: { read: true },
  fn() {
    assertThrows(() => readProc("/proc/sys/kernel/random/boot_id"), Deno.errors.NotCapable);
    assertEquals(isGone(NOBODY), false);
  },
});

for (const [who, permissions] of [["all", "inherit"], ["some", SOME]] as const) {
  Deno.test({
    name: `with ${who} permissions a file of /proc is read`,
    ignore,
    permissions,
    sanitizeResources: false,
    fn() {
      assertMatch(readProc("/proc/sys/kernel/random/boot_id"), /^[0-9a-f-]{36}\n$/);
      assertMatch(readProc(`/proc/${process.pid}/stat`), new RegExp(`^${process.pid} \\(`));
      const error = assertThrows(() => readProc(`/proc/${NOBODY}/stat`));
      assertEquals(errnoOf(error), "ENOENT");
    },
  });

  Deno.test({
    name: `with ${who} permissions a process is told from none`,
    ignore,
    permissions,
    sanitizeResources: false,
    fn() {
      assertEquals([process.pid, 1, NOBODY].map(isGone), [false, false, true]);
    },
  });
}
