// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { push } from "../../src/mod.ts";
import { numbers, randomBytes } from "../fixtures/seeded.ts";
import { mutated } from "../fuzz/mutation.ts";
import { equalBytes, eventually, someBytes } from "../workspace.ts";
import { descriptorsBelow, descriptorsOf, OLD, Siege } from "./siege.ts";
import { literalPatch } from "./speaker.ts";
import { refusalOf } from "./wire/answers.ts";
import { join } from "./wire/bytes.ts";
import { frame, open } from "./wire/messages.ts";

const CLIENTS = 100;
const PATIENT = ["--max-queue=400", "--queue-timeout=120s"];

Deno.test("a hundred clients at once get their files in, and a hundred others do not", async () => {
  await using siege = await Siege.begin([...PATIENT, "--session-ttl=10s"]);
  const { space, speaker, server } = siege;
  const contents = Array.from({ length: CLIENTS }, (_, i) => someBytes(20_000 + 300 * i, 40 + i));
  const honest = contents.map(async (content, i) => {
    space.old(`file-${i}`, OLD);
    const file = space.new(content, `new-${i}`);
    await push(file, `${server.url}/file-${i}`, { threads: 1, hw: "0" });
  });
  const opening = speaker.opening(1000);
  const patch = await literalPatch(OLD.length, someBytes(1000, 3));
  const hostile = Array.from({ length: CLIENTS }, async (_, i) => {
    const next = numbers(i);
    const name = `other-${i}`;
    space.old(name, OLD);
    if (i % 3 === 0) return await speaker.sayAndLeave(randomBytes(next, 10_000));
    if (i % 3 === 1) return await speaker.ask(name, mutated(next, opening, opening), "", true);
    const { key } = await speaker.open(name, 1000);
    return await speaker.patch(name, key, patch.subarray(0, next(patch.length)));
  });
  const failed = (await Promise.allSettled([...honest, ...hostile]))
    .flatMap((each) => each.status === "rejected" ? [String(each.reason)] : []);
  assertEquals(failed, []);
  contents.forEach((content, i) => {
    assert(equalBytes(space.read(`file-${i}`), content), `file-${i} is not the new file`);
    assert(equalBytes(space.read(`other-${i}`), OLD), `other-${i} is not the old file`);
  });
  // Some of the spoilt openings were none, and their sessions run out.
  await eventually("nothing is left", () => space.artefacts().length === 0 || undefined, 60_000);
  await siege.withstood();
});

Deno.test("a flood of sessions makes old ones end, not the server", async () => {
  await using siege = await Siege.begin([...PATIENT, "--max-sessions=50", "--session-ttl=2s"]);
  const { space, speaker, server } = siege;
  const before = descriptorsOf(server.program.pid);
  for (let i = 0; i < 300; i++) {
    const name = `file-${i % 150}`;
    if (i < 150) space.old(name, OLD);
    const { refusal } = await speaker.open(name, 1000);
    assert(["", "busy", "locked"].includes(refusal), refusal);
  }
  await space.clean();
  await descriptorsBelow(server.program.pid, before + 20);
  await siege.withstood();
});

Deno.test("clients that say a byte now and then do not keep a good one out", async () => {
  await using siege = await Siege.begin([...PATIENT, "--idle-timeout=2s", "--session-ttl=3s"]);
  const { space, speaker, server } = siege;
  const before = descriptorsOf(server.program.pid);
  const body = join(
    frame(open({ newSize: 1000, fingerprint: speaker.fingerprint })),
    new Uint8Array(3),
  );
  const lines: Deno.TcpConn[] = [];
  const heads = [
    "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ",
    "POST /csums_queue?basis_filename=drip-I&target=replace HTTP/1.1\r\nHost: localhost\r\n" +
    `Content-Type: application/x-protobuf\r\nContent-Length: 100000\r\n\r\n`,
  ];
  for (let i = 0; i < 60; i++) {
    space.old(`drip-${i}`, OLD);
    const line = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    lines.push(line);
    await line.write(join(heads[i % 2]!.replace("I", String(i))));
    if (i % 2 === 1) await line.write(body);
  }
  let turns = 0;
  const dripping = setInterval(() => {
    turns++;
    for (const line of lines) line.write(Uint8Array.of(65)).catch(() => {});
  }, 200);
  try {
    const content = someBytes(50_000, 4);
    const file = space.new(content, "new-good");
    space.old("good", OLD);
    await push(file, `${server.url}/good`, { threads: 1, hw: "0" });
    assert(equalBytes(space.read("good"), content));
    await eventually("a few bytes have dripped", () => turns > 5 || undefined);
  } finally {
    clearInterval(dripping);
    for (const line of lines) line.close();
  }
  await space.clean();
  await descriptorsBelow(server.program.pid, before + 20);
  await siege.withstood();
});

Deno.test("a client that never reads its answer is let go of", async () => {
  await using siege = await Siege.begin(["--idle-timeout=1s", "--session-ttl=2s"]);
  const { space, speaker, server } = siege;
  space.old("large", new Uint8Array(64 << 20));
  const line = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  // 64 MiB in blocks of 64 bytes are answered with 20 MiB, which no buffer takes.
  await line.write(join(
    "GET /signature?basis_filename=large&block=64&new_size=1&target=replace HTTP/1.1\r\n",
    "Host: localhost\r\n\r\n",
  ));
  await eventually("the session has begun", () => space.artefacts().length > 0 || undefined);
  await space.clean();
  assertEquals(refusalOf(await speaker.ask("large", speaker.opening(1), "&look=1")), "");
  line.close();
  await siege.withstood();
});
