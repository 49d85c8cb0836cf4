// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertThrows } from "@std/assert";
import { blockParameters } from "../chunking/parameters.ts";
import { ParasyncError } from "../errors.ts";
import { MODES } from "../matching/mode_name.ts";
import { SCHEME_NAMES, SCHEMES } from "../schemes/scheme_name.ts";
import {
  basisNameOf,
  formatSyncQuery,
  parseQuery,
  readScheme,
  readSyncQuery,
  type SyncQuery,
} from "./sync_query.ts";

const read = (search: string, opens: "csums_queue" | "signature" = "csums_queue"): SyncQuery => {
  const parameters = parseQuery(search);
  return readSyncQuery(parameters, readScheme(parameters, SCHEME_NAMES, opens));
};

function refusal(search: string): ParasyncError {
  const error = assertThrows(() => read(search), ParasyncError, undefined, search);
  assertEquals(error.code, "bad_request", search);
  return error;
}

Deno.test("a query is taken apart and decoded once", () => {
  assertEquals(
    [...parseQuery("?a=1&b=%2525&c=x=y&&d&e=a+b&f=%C3%A4%00&a=2")],
    [["a", "2"], ["b", "%25"], ["c", "x=y"], ["d", ""], ["e", "a+b"], ["f", "ä\0"]],
  );
  assertEquals([...parseQuery("")], []);
  for (const malformed of ["?a=%", "?a=%zz", "?%ff=1", "?a=%c3%28"]) {
    const error = assertThrows(() => parseQuery(malformed), ParasyncError);
    assertEquals(error.code, "bad_request");
  }
});

Deno.test("the name of the basis has two names, and none is an error", () => {
  assertEquals(basisNameOf(parseQuery("file=a%2Fb")), "a/b");
  assertEquals(basisNameOf(parseQuery("file=a&basis_filename=b")), "b");
  for (const search of ["", "basis_filename=", "basis=a"]) {
    assertThrows(() => basisNameOf(parseQuery(search)), ParasyncError, "basis_filename");
  }
});

Deno.test("what a query leaves out is as in the original", () => {
  const query = read("basis_filename=old");
  assertEquals([query.name, query.hw, query.threads], ["old", "0", 4]);
  assertEquals(query.parameters, { min: 4096, avg: 8192, max: 12288 });
  assertEquals(query.target, { kind: "new", suffix: ".new" });
  assertEquals([query.confirm, query.allocated], ["chunk", undefined]);
  assertEquals([query.scheme, query.mode, query.opened], ["parasync", "streaming", undefined]);
  const first = read("file=old", "signature");
  assertEquals([first.scheme, first.parameters], ["rsync", blockParameters(8192)]);
  assertEquals(first.opened, undefined, "nothing is known of the new file");
});

Deno.test("a server has the schemes it is for, and each has its endpoint", () => {
  const asked = (search: string, served: readonly typeof SCHEME_NAMES[number][]) =>
    readScheme(parseQuery(search), served, "csums_queue");
  assertEquals(asked("", ["dsync"]), "dsync");
  assertEquals(asked("scheme=dsync", SCHEME_NAMES), "dsync");
  for (
    const [search, served] of [
      ["scheme=parasync", ["dsync"]],
      ["scheme=rsync", SCHEME_NAMES],
      ["", ["rsync"]],
      ["scheme=zsync", SCHEME_NAMES],
    ] as const
  ) {
    const error = assertThrows(() => asked(search, served), ParasyncError);
    assertEquals(error.code, "bad_request", search);
  }
});

Deno.test("the new file is told in the query where the server moves first", () => {
  for (const scheme of SCHEME_NAMES) {
    const { opens, modes } = SCHEMES[scheme];
    const first = opens === "signature";
    for (const mode of MODES) {
      const query: SyncQuery = {
        name: "old",
        scheme,
        mode: modes ? mode : "streaming",
        hw: "0",
        threads: 2,
        parameters: first ? blockParameters(4100) : { min: 64, avg: 128, max: 256 },
        target: { kind: "replace" },
        confirm: modes ? "chunk" : "target",
        allocated: 5,
        look: mode === "streaming",
        opened: first ? { newSize: 2 ** 40, newMtimeNs: -5n } : undefined,
      };
      assertEquals(read("?" + formatSyncQuery(query), opens), query);
    }
  }
});

Deno.test("what is formatted reads back the same", () => {
  const names = ["old", "a b/ü&=+%?#", "x".repeat(255), "%2e%2e/", "--", "𝄞"];
  for (const name of names) {
    for (const hw of ["0", "1", "auto", "require"] as const) {
      for (const confirm of ["chunk", "target"] as const) {
        for (const allocated of [undefined, 0, 2 ** 49]) {
          const query: SyncQuery = {
            name,
            scheme: "parasync",
            mode: "streaming",
            opened: undefined,
            hw,
            threads: 1 + names.indexOf(name) * 51,
            parameters: { min: 64, avg: 128, max: 256 },
            target: hw === "0" ? { kind: "replace" } : { kind: "new", suffix: ".bak~1" },
            confirm,
            allocated,
            look: false,
          };
          assertEquals(read("?" + formatSyncQuery(query)), query);
        }
      }
    }
  }
});

Deno.test("the original's spellings of hw are understood", () => {
  for (const [text, hw] of [["true", "1"], ["false", "0"], ["1", "1"], ["0", "0"]] as const) {
    assertEquals(read(`file=a&hw=${text}`).hw, hw);
  }
});

Deno.test("what is out of its range or not known is refused by name and value", () => {
  const refused: [string, string[]][] = [
    ["look", ["2", "", "true"]],
    ["hw", ["2", "yes", "", "TRUE", "toString", "__proto__"]],
    ["thread_num", [
      "0",
      "-1",
      "257",
      "1000000000",
      "1e2",
      "4.5",
      "",
      "0x4",
      "99999999999999999999",
    ]],
    ["scheme", ["rsync", "", "PARASYNC", "zsync"]],
    ["mode", ["4", "streaming", "", "-1"]],
    ["confirm", ["none", "", "Chunk"]],
    ["target", ["old", "", "replace2"]],
    ["suffix", ["", "/../x", "a/b", "x".repeat(33), "\0", "ü", " "]],
    ["chunk", ["1:2:3", "4096:8192", ""]],
    ["allocated", ["-1", "1e9", "", "9999999999999999"]],
  ];
  for (const [name, values] of refused) {
    for (const value of values) {
      const error = refusal(`file=a&${name}=${encodeURIComponent(value)}`);
      assert(error.message.length < 400, "what a peer sends is not repeated at any length");
    }
  }
  refusal("thread_num=4");
  refusal("file=a&mode=1&confirm=target");
  assertThrows(
    () => read("file=a&scheme=skysync_f&block=4095", "signature"),
    ParasyncError,
    "4096",
  );
  for (const [name, value] of [["block", "63"], ["block", "1048577"], ["new_size", "-1"]]) {
    assertThrows(() => read(`file=a&${name}=${value}`, "signature"), ParasyncError);
  }
});

Deno.test("every number of threads there may be is understood", () => {
  for (const threads of [1, 2, 16, 256]) {
    assertEquals(read(`file=a&thread_num=${threads}`).threads, threads);
  }
});
