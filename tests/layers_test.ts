/** Imports go one way (ARCHITECTURE.md): who may know whom, and that nobody else does. */
// @ts-types="../src/types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import fs from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** What every layer may import beside itself; errors, versions and types of the standard library are for all. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  "main.ts": ["src/cli"],
  "src/cli": [
    "src/library",
    "src/schemes",
    "src/transport",
    "src/workers",
    "src/matching",
    "src/delta",
    "src/chunking",
    "src/hashing",
    "src/files",
    "src/telemetry",
  ],
  "src/library": [
    "src/transport",
    "src/schemes",
    "src/workers",
    "src/matching",
    "src/delta",
    "src/chunking",
    "src/hashing",
    "src/files",
    "src/telemetry",
  ],
  "src/transport": [
    "src/schemes",
    "src/workers",
    "src/matching",
    "src/delta",
    "src/chunking",
    "src/hashing",
    "src/files",
    "src/telemetry",
    "ffi",
    "proto/gen",
  ],
  "src/schemes": [
    "src/transport",
    "src/workers",
    "src/matching",
    "src/delta",
    "src/chunking",
    "src/hashing",
    "src/files",
    "src/telemetry",
    "proto/gen",
  ],
  "src/workers": [
    "src/matching",
    "src/delta",
    "src/chunking",
    "src/hashing",
    "src/files",
    "src/telemetry",
  ],
  "src/matching": ["src/chunking", "src/hashing", "src/files", "src/telemetry"],
  "src/delta": ["src/chunking", "src/hashing", "src/files", "src/telemetry"],
  "src/chunking": ["src/hashing", "src/files", "src/telemetry"],
  "src/hashing": ["ffi", "src/files", "src/telemetry"],
  "src/files": ["ffi"],
  "src/telemetry": [],
  "src/types": [],
  ffi: [],
  "proto/gen": ["proto"],
  proto: ["proto/gen"],
};

/** Modules of `src` that belong to no layer, and what they may import. */
const FOR_ALL = new Set(["src/errors.ts", "src/version.ts", "src/node.ts"]);

interface Module {
  readonly path: string;
  readonly imports: readonly { readonly path: string; readonly runs: boolean }[];
}

function typeScriptUnder(folder: string): string[] {
  if (!fs.existsSync(join(ROOT, folder))) return [];
  return fs.readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return typeScriptUnder(path);
    return /\.ts$/.test(path) ? [path] : [];
  });
}

function isTest(path: string): boolean {
  return /(_test|\/test_[a-z_]+)\.ts$/.test(path) || path.startsWith("tests/");
}

/** Static, dynamic and type imports of this project's own modules, and the entry points of workers. */
function importsOf(path: string): Module["imports"] {
  const text = fs.readFileSync(join(ROOT, path), "utf8")
    .replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  const patterns = [
    /(?:^|\n)(?:import|export)\s(type\s)?(?:[^"';]*?\sfrom\s)?"(\.[^"]+)"/g,
    /(type\s)?import\("(\.[^"]+)"\)/g,
    /()new URL\("(\.[^"]+\.ts)", import\.meta\.url\)/g,
  ];
  return patterns.flatMap((pattern) =>
    [...text.matchAll(pattern)].map((match) => ({
      path: relative(ROOT, join(ROOT, dirname(path), match[2]!)),
      runs: match[1] === undefined || match[1] === "",
    }))
  );
}

function layerOf(path: string): string {
  const layers = Object.keys(ALLOWED).filter((layer) =>
    path === layer || path.startsWith(`${layer}/`)
  );
  return layers.toSorted((a, b) => b.length - a.length)[0] ?? "";
}

const MODULES: readonly Module[] = ["main.ts", ...["src", "ffi", "proto"].flatMap(typeScriptUnder)]
  .map((path) => ({ path, imports: importsOf(path) }));

Deno.test("every module belongs to a layer", () => {
  assert(MODULES.length > 80, "the modules were not found");
  const homeless = MODULES.filter(({ path }) =>
    layerOf(path) === "" && !FOR_ALL.has(path) && path !== "src/mod.ts" && !isTest(path)
  );
  assertEquals(homeless.map(({ path }) => path), []);
});

Deno.test("every import leads to a file", () => {
  const lost = MODULES.flatMap(({ path, imports }) =>
    imports.filter(({ path: to }) => !fs.existsSync(join(ROOT, to)))
      .map(({ path: to }) => `${path} -> ${to}`)
  );
  assertEquals(lost, []);
});

Deno.test("imports go one way, from layer to layer", () => {
  const wrong = MODULES.filter(({ path }) => !isTest(path)).flatMap(({ path, imports }) => {
    const from = layerOf(path);
    if (path === "src/mod.ts") return [];
    return imports.map(({ path: to }) => to).filter((to) => {
      if (FOR_ALL.has(to) || layerOf(to) === "src/types") return false;
      return layerOf(to) !== from && !(ALLOWED[from] ?? []).includes(layerOf(to));
    }).map((to) => `${path} -> ${to}`);
  });
  assertEquals(wrong, []);
});

Deno.test("what belongs to no layer imports nothing but its like", () => {
  for (const { path, imports } of MODULES) {
    if (!FOR_ALL.has(path)) continue;
    assertEquals(imports.filter(({ path: to }) => !FOR_ALL.has(to)), [], path);
  }
});

Deno.test("the product does not import its tests", () => {
  const wrong = MODULES.filter(({ path }) => !isTest(path)).flatMap(({ path, imports }) =>
    imports.filter(({ path: to }) => isTest(to)).map(({ path: to }) => `${path} -> ${to}`)
  );
  assertEquals(wrong, []);
});

Deno.test("no module waits for itself: what is needed to run a module makes no circle", () => {
  const needed = new Map(
    MODULES.map(({ path, imports }) => [
      path,
      imports.filter(({ runs }) => runs).map(({ path: to }) => to),
    ]),
  );
  const settled = new Set<string>();
  const visit = (path: string, way: readonly string[]): void => {
    assert(!way.includes(path), `a circle: ${[...way, path].join(" -> ")}`);
    if (settled.has(path)) return;
    for (const to of needed.get(path) ?? []) visit(to, [...way, path]);
    settled.add(path);
  };
  for (const path of needed.keys()) visit(path, []);
});
