// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import fs from "node:fs";
import { join as joinPath } from "node:path";
import { OLD, Siege, TARGET } from "./siege.ts";
import { literalPatch } from "./speaker.ts";
import { refusalOf } from "./wire/answers.ts";
import { join } from "./wire/bytes.ts";

const NEW = join("whatever this is, it must not get out");

/** Names that look like others, percent-encoded as they are sent; none of them is in the root. */
const LOOKALIKES: readonly string[] = [
  "%252e%252e%252foutside%252fsecret",
  "%25252e%25252e/outside/secret",
  "..%5coutside%5csecret",
  "..%255coutside",
  "%c0%ae%c0%ae%c0%afoutside",
  "%e0%80%ae%e0%80%ae/outside/secret",
  "%f0%80%80%ae./outside/secret",
  "%u002e%u002e/outside/secret",
  "%ef%bc%8e%ef%bc%8e/outside/secret",
  "%ef%bc%8e%ef%bc%8e%ef%bc%8foutside",
  "%e2%80%a4%e2%80%a4/outside/secret",
  "..%e2%88%95outside%e2%88%95secret",
  "..%00/outside/secret",
  "..%0a/outside/secret",
  "..%20/outside/secret",
  ".%2e%2e/outside/secret",
  "...%2foutside",
  "..;/outside/secret",
  "outside/secret",
  "~/secret",
  "$HOME/x",
  "file%3a%2f%2f%2fetc%2fpasswd",
  "%2fproc%2fself%2fmem",
  "%2fdev%2fzero",
  "/proc/self/root/etc/passwd",
  "folder%2f..%2f..%2foutside%2fsecret",
  "folder/./../../outside/secret",
  "a/../../outside/secret",
  "a%2f..%2f..%2foutside%2fsecret",
  "link-out",
  "link-out/x",
  "folder-out/secret",
  "folder-out/folder/secret",
  "folder/up/outside/secret",
  "fifo",
  "socket",
  "folder",
  ".parasync-0123456789abcdef.lease",
  ".parasync-x/../a",
  ".Parasync-x",
  "folder/.parasync-x",
];

/** What is in the root beside the target. */
function furnish(root: string, outside: string): void {
  fs.mkdirSync(joinPath(root, "folder"));
  const links = {
    "link-out": joinPath(outside, "secret"),
    "folder-out": outside,
    "folder/up": "../..",
  };
  for (const [name, to] of Object.entries(links)) fs.symlinkSync(to, joinPath(root, name));
  const { success } = new Deno.Command("mkfifo", { args: [joinPath(root, "fifo")] }).outputSync();
  assert(success);
}

Deno.test("no name reads, writes or waits for anything outside of the root", async (test) => {
  await using siege = await Siege.begin();
  const { speaker, space } = siege;
  furnish(space.root, siege.outside);
  using _socket = Deno.listen({ transport: "unix", path: joinPath(space.root, "socket") });
  const listed = fs.readdirSync(space.root, { recursive: true }).map(String).sort();
  for (const name of LOOKALIKES) {
    await test.step(name, async () => {
      const target = `/signature?basis_filename=${name}`;
      const looked = await speaker.say(
        `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
      );
      assert(looked.status !== 200, `/signature of ${name}`);
      const asked = await speaker.ask(name, speaker.opening(NEW.length), "&target=new");
      assert(refusalOf(asked) !== "", `a session of ${name}`);
      assert(!asked.body.includes(siege.outside), asked.body);
      const { key, refusal } = await speaker.open(name, NEW.length);
      // Some are names like any other: then a file of that name is made, in the root.
      if (refusal === "") {
        assertEquals((await speaker.patch(name, key, await literalPatch(0, NEW))).body, "OK");
        const made = joinPath(space.root, decodeURIComponent(name));
        assertEquals(fs.lstatSync(made).isFile(), true);
        fs.rmSync(made);
      }
    });
  }
  await space.clean();
  assertEquals(fs.readdirSync(space.root, { recursive: true }).map(String).sort(), listed);
  await siege.withstood();
});

Deno.test("names that Unicode or a case-blind eye takes for one are two files", async () => {
  await using siege = await Siege.begin();
  const { speaker, space } = siege;
  const names = ["\u00e9", "e\u0301", "A", "a.", "a ", "a%20", "\ufeffa", "a\u200b", "\u0430"];
  for (const name of names) {
    const encoded = encodeURIComponent(name);
    const { key, refusal } = await speaker.open(encoded, NEW.length);
    assertEquals(refusal, "", name);
    assertEquals((await speaker.patch(encoded, key, await literalPatch(0, NEW))).body, "OK");
  }
  const made = fs.readdirSync(space.root).filter((name) => !name.startsWith(".parasync-"));
  assertEquals(made.sort(), [TARGET, ...names].sort());
  await siege.withstood();
});

Deno.test("a folder or file that becomes a link in the middle of a sync leads nowhere", async (test) => {
  await using siege = await Siege.begin();
  const { speaker, space } = siege;
  const folder = joinPath(space.root, "folder");
  const away = joinPath(space.root, "away");
  const secret = joinPath(siege.outside, "secret");
  const swaps: Record<string, () => void> = {
    "the file becomes a link to a file outside": () => {
      fs.rmSync(joinPath(folder, "x"));
      fs.symlinkSync(secret, joinPath(folder, "x"));
    },
    "the file becomes a FIFO": () => {
      fs.rmSync(joinPath(folder, "x"));
      new Deno.Command("mkfifo", { args: [joinPath(folder, "x")] }).outputSync();
    },
    "the file becomes a folder": () => {
      fs.rmSync(joinPath(folder, "x"));
      fs.mkdirSync(joinPath(folder, "x"));
    },
    "the folder becomes a link to one outside": () => {
      fs.renameSync(folder, away);
      fs.symlinkSync(siege.outside, folder);
    },
    "the folder becomes another one": () => {
      fs.renameSync(folder, away);
      fs.mkdirSync(folder);
    },
  };
  for (const [name, swap] of Object.entries(swaps)) {
    await test.step(name, async () => {
      fs.mkdirSync(folder);
      fs.writeFileSync(joinPath(folder, "x"), OLD);
      const { key } = await speaker.open("folder/x", NEW.length);
      swap();
      const answer = await speaker.patch("folder/x", key, await literalPatch(OLD.length, NEW));
      assert(refusalOf(answer) !== "", answer.body);
      for (const path of [folder, away]) fs.rmSync(path, { recursive: true, force: true });
      // The session's own files went with the folder that they were in.
      for (const left of space.artefacts()) fs.rmSync(joinPath(space.path, left), { force: true });
    });
  }
  await siege.withstood();
});

Deno.test("a link that flickers between inside and outside never lets anything out", async () => {
  await using siege = await Siege.begin();
  const { speaker, space } = siege;
  const inside = joinPath(space.root, "inside");
  fs.mkdirSync(inside);
  fs.writeFileSync(joinPath(inside, "secret"), OLD);
  const link = joinPath(space.root, "flicker");
  const next = joinPath(space.root, "next");
  fs.symlinkSync(inside, link);
  let over = false;
  const flickering = (async () => {
    for (let turn = 0; !over; turn++) {
      fs.symlinkSync(turn % 2 === 0 ? siege.outside : inside, next);
      fs.renameSync(next, link);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  })();
  const patch = await literalPatch(OLD.length, NEW);
  const outcomes = new Set<string>();
  try {
    for (let tries = 0; tries < 60; tries++) {
      const { key, refusal } = await speaker.open("flicker/secret", NEW.length);
      if (refusal !== "") outcomes.add(refusal);
      else outcomes.add(refusalOf(await speaker.patch("flicker/secret", key, patch)) || "done");
      if (outcomes.has("done")) fs.writeFileSync(joinPath(inside, "secret"), OLD);
    }
  } finally {
    over = true;
    await flickering;
  }
  assert(!outcomes.has("internal") && !outcomes.has("0"), [...outcomes].join());
  for (const left of space.artefacts()) fs.rmSync(joinPath(space.path, left), { force: true });
  await siege.withstood();
});
