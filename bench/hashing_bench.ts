/**
 * The checksums, both backends, at the sizes that matter: a fine block, a small and an average chunk, an
 * odd chunk as content-defined chunking cuts them, a read and a segment.
 *
 * Run with `deno bench -A bench/hashing_bench.ts`. A hundred ranges per round, one after another through
 * memory larger than the first-level cache, as the programs do it.
 */
import { STRONG_BYTES } from "../src/hashing/backend.ts";
import { openBackend } from "../src/hashing/select.ts";

const SIZES: readonly (readonly [string, number])[] = [
  ["64 B", 64],
  ["2 KiB", 2048],
  ["8 KiB", 8192],
  ["9274 B", 9274],
  ["64 KiB", 65536],
  ["1 MiB", 1 << 20],
];
const CALLS = 100;
const SPAN = 1 << 18;
const memory = new Uint8Array(new WebAssembly.Memory({ initial: 32 }).buffer);
for (let at = 0; at < memory.length; at += 65536) {
  crypto.getRandomValues(memory.subarray(at, at + 65536));
}
const out = new Uint8Array(STRONG_BYTES);

const portable = await openBackend("0");
const native = await openBackend("auto");
// deno-lint-ignore no-console -- a bench's report goes to the terminal
if (native.missing !== undefined) console.warn(native.missing);
const backends = native.missing === undefined ? [portable, native] : [portable];

for (const [label, size] of SIZES) {
  for (const checksum of ["weak", "strong"] as const) {
    for (const { backend } of backends) {
      Deno.bench({
        name: `${backend.name} (${backend.description})`,
        group: `${checksum}, ${CALLS} × ${label}`,
        baseline: backend === portable.backend,
        fn: () => {
          for (let call = 0, begin = 0; call < CALLS; call++, begin = (begin + size + 1) % SPAN) {
            if (checksum === "weak") backend.weak(memory, begin, begin + size);
            else backend.strong(memory, begin, begin + size, out, 0);
          }
        },
      });
    }
  }
}
