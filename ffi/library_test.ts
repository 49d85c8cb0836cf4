// @ts-types="../src/types/std_assert.d.ts"
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type LibraryRequest, openLibrary } from "./library.ts";

const LINUX = Deno.build.os === "linux";

// Any function that every Linux has will do: what is tested is how a library is looked for.
const SYMBOLS = {
  length: { name: "strlen", parameters: ["buffer"], result: "usize" },
} as const satisfies Deno.ForeignLibraryInterface;

const C_STRING = new TextEncoder().encode("four\0");

function request(
  names: readonly string[],
  verify: LibraryRequest<typeof SYMBOLS>["verify"],
): LibraryRequest<typeof SYMBOLS> {
  return {
    title: "the C library",
    override: "PARASYNC_TEST_LIBRARY",
    install: "no system is without it",
    candidates: [{ symbols: SYMBOLS, names: { linux: names } }],
    verify,
  };
}

Deno.test("the first name that loads and verifies is taken", { ignore: !LINUX }, () => {
  const opened = openLibrary(
    request(
      ["libabsent.so.9", "libm.so.6", "libc.so.6"],
      ({ length }) => length(C_STRING) === 4n,
    ),
  );
  assert("symbols" in opened);
  assertEquals(opened.symbols.length(C_STRING), 4n);
  opened.close();
});

Deno.test(
  "a library that computes something else is closed and refused",
  { ignore: !LINUX },
  () => {
    const result = openLibrary(request(["libabsent.so.9", "libc.so.6"], () => false));
    assert("missing" in result);
    assertEquals(
      result.missing,
      "Cannot open the C library: not found as libabsent.so.9; libc.so.6 refused, " +
        "it does not compute the known value of the C library; no system is without it",
    );
  },
);

Deno.test("a verification that throws is a refusal, not a crash", { ignore: !LINUX }, () => {
  const result = openLibrary(request(["libc.so.6"], () => {
    throw new Error("out of order");
  }));
  assert("missing" in result);
  assertStringIncludes(result.missing, "libc.so.6 refused");
});

Deno.test("an override is the only name tried", { ignore: !LINUX }, () => {
  const result = openLibrary(request(["libc.so.6"], () => true), "/nowhere/libother.so");
  assert("missing" in result);
  assertEquals(
    result.missing,
    "Cannot open the C library: " +
      "not found as /nowhere/libother.so; no system is without it",
  );
});

Deno.test("a file that is no library is refused with the loader's words, in one line", {
  ignore: !LINUX,
}, async () => {
  const path = await Deno.makeTempFile({ suffix: ".so" });
  try {
    await Deno.writeTextFile(path, "not a library\n");
    const result = openLibrary(request([], () => true), path);
    assert("missing" in result);
    assertStringIncludes(result.missing, `${path} refused, `);
    assertEquals(result.missing.includes("\n"), false);
  } finally {
    await Deno.remove(path);
  }
});
