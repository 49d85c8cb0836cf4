// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import fs from "node:fs";
import { join as joinPath } from "node:path";
import { OLD, Siege, TARGET } from "./siege.ts";
import { literalPatch } from "./speaker.ts";
import { refusalOf } from "./wire/answers.ts";
import { join } from "./wire/bytes.ts";
import { frame, refine } from "./wire/messages.ts";

const NEW = join("the new file");

/** Keys that are none of this session's, and what they are refused as. */
const KEYS: Readonly<Record<string, readonly [of: (key: string) => string, code: string]>> = {
  "no key": [() => "", "bad_request"],
  "a key that nobody has": [() => "0".repeat(32), "changed"],
  "the key in capitals": [(key) => key.toUpperCase().replace(/^[0-9]+$/, "A"), "bad_request"],
  "the key and a digit": [(key) => `${key}0`, "bad_request"],
  "all of the key but a digit": [(key) => key.slice(1), "bad_request"],
  "a path": [() => "../../outside/secret", "bad_request"],
  "a path as long as a key": [() => "../../../../../../../../../aaaa", "bad_request"],
  "the key, percent-encoded": [(key) => `%3${key[0]}${key.slice(1)}`, "bad_request"],
};

Deno.test("a key that is not a session's opens nothing, and the session goes on", async (test) => {
  await using siege = await Siege.begin();
  const { speaker } = siege;
  const patch = await literalPatch(OLD.length, NEW);
  const { key } = await speaker.open(TARGET, NEW.length);
  for (const [name, [of, code]] of Object.entries(KEYS)) {
    await test.step(`${name} is ${code}`, async () => {
      const other = of(key);
      assertEquals(refusalOf(await speaker.patch(TARGET, other, patch)), code);
      assertEquals(refusalOf(await speaker.refine(TARGET, other, frame(refine({})))), code);
      // Acknowledging only times a round trip: what is no key is refused, any other is not looked at.
      const ack = refusalOf(await speaker.post("/ack?basis_filename=a", join(other)));
      assertEquals(ack, code === "changed" ? "" : code);
    });
  }
  await test.step("the key with another name", async () => {
    siege.space.old("b", OLD);
    for (const name of ["b", "./b", "none", "A", `${TARGET}/.`, `x/../${TARGET}`]) {
      const answer = await speaker.patch(name, key, patch);
      assert(refusalOf(answer) !== "", `${name}: ${answer.body}`);
    }
    assertEquals(Array.from(siege.space.read("b")), Array.from(OLD));
  });
  assertEquals((await speaker.patch(TARGET, key, patch)).body, "OK");
  assertEquals(Array.from(siege.space.read(TARGET)), Array.from(NEW));
  await test.step("the key once more", async () => {
    const again = await literalPatch(NEW.length, join("something else"));
    for (const body of [patch, again]) {
      assertEquals(refusalOf(await speaker.patch(TARGET, key, body)), "changed");
    }
    assertEquals(Array.from(siege.space.read(TARGET)), Array.from(NEW));
  });
  fs.writeFileSync(joinPath(siege.space.root, TARGET), OLD);
  await siege.withstood();
});

Deno.test("a session is over for good when another one of its target begins", async () => {
  await using siege = await Siege.begin();
  const { speaker } = siege;
  const patch = await literalPatch(OLD.length, NEW);
  const keys: string[] = [];
  for (let i = 0; i < 20; i++) keys.push((await speaker.open(TARGET, NEW.length)).key);
  assertEquals(new Set(keys).size, keys.length);
  for (const key of keys.slice(0, -1)) {
    assertEquals(refusalOf(await speaker.patch(TARGET, key, patch)), "changed");
  }
  assertEquals((await speaker.patch(TARGET, keys.at(-1)!, patch)).body, "OK");
  fs.writeFileSync(joinPath(siege.space.root, TARGET), OLD);
  await siege.withstood();
});

Deno.test("a forged or damaged session record opens nothing", async (test) => {
  await using siege = await Siege.begin();
  const { speaker, space } = siege;
  const patch = await literalPatch(OLD.length, NEW);
  const { key } = await speaker.open(TARGET, NEW.length);
  const path = joinPath(space.root, `.parasync-${key}.session`);
  const record = fs.readFileSync(path, "utf8");
  const forged = "f".repeat(32);
  const forgedPath = joinPath(space.root, `.parasync-${forged}.session`);
  const records: Record<string, string> = {
    "a record that is cut short": record.slice(0, -10),
    "a record of another session": record,
    "a record of a name outside": record.replaceAll(key, forged).replace(
      '"a"',
      '"../outside/secret"',
    ),
    "a record with a suffix that is a path": record.replaceAll(key, forged)
      .replace('{"kind":"replace"}', '{"kind":"new","suffix":"/../../outside/new"}'),
    "nothing": "",
    "more than a record may be": record + " ".repeat(100_000),
    "nested beyond measure": "[".repeat(60_000),
  };
  for (const [name, text] of Object.entries(records)) {
    await test.step(name, async () => {
      fs.writeFileSync(forgedPath, text);
      const refusal = refusalOf(await speaker.patch(TARGET, forged, patch));
      assert(["changed", "file_io", "bad_request", "forbidden"].includes(refusal), refusal);
      fs.rmSync(forgedPath, { force: true });
    });
  }
  await test.step("a link in its place", async () => {
    fs.symlinkSync(joinPath(siege.outside, "secret"), forgedPath);
    const refusal = refusalOf(await speaker.patch(TARGET, forged, patch));
    assert(["changed", "file_io", "file_selection"].includes(refusal), refusal);
    fs.rmSync(forgedPath);
  });
  assertEquals((await speaker.patch(TARGET, key, patch)).body, "OK");
  fs.writeFileSync(joinPath(space.root, TARGET), OLD);
  await siege.withstood();
});
