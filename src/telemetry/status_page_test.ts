// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { createHash } from "node:crypto";
import type { ServerStatus } from "./server_status.ts";
import { statusPage } from "./status_page.ts";
import { STATUS_SCRIPT } from "./status_script.ts";
import { statusView } from "./status_view.ts";
import type { SyncReport } from "./sync_ledger.ts";

const HOSTILE = `</script><img src=x onerror='alert(1)'>" & <b>`;

const SYNC: SyncReport = {
  number: 7,
  name: "disk.img",
  scheme: "parasync",
  client: "192.0.2.7",
  user: "ci",
  startedMs: 1_000_000,
  elapsedMs: 2_000,
  oldBytes: 5_000_000,
  newBytes: 10_000_000,
  doneBytes: 2_500_000,
  receivedBytes: 1_000_000,
  sentBytes: 500,
  stages: [{ stage: "receive", beginMs: 500, endMs: 2_000, busyMs: 300 }],
  end: null,
};

const STATUS: ServerStatus = {
  version: "1.2.3",
  nowMs: 1_060_000,
  uptimeMs: 90_061_000,
  notReady: null,
  residentBytes: 123_000_000,
  openDescriptors: null,
  freeBytes: null,
  requestsAtWork: 3,
  sessions: 2,
  syncsAtWork: 1,
  mostSyncs: 16,
  queueLength: 4,
  totals: { committed: 3, failed: 1, targetBytes: 2_000_000, wireBytes: 500_000 },
  live: [SYNC],
  recent: [],
};

const END = { code: "", reason: "", copiedBytes: 9_000_000, literalBytes: 1_000_000 };

/** What a person reads: all text of the page, without its style and script. */
function textOf(html: string): string {
  return html.replace(/<(style|script)>[^]*?<\/\1>/g, "").replace(/<[^>]*>/g, " ")
    .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code))).replace(/\s+/g, " ");
}

Deno.test("the page says without its script what goes on", () => {
  const text = textOf(statusPage(STATUS).html);
  for (
    const part of [
      "Ready for syncs",
      "up 1 d 1 h · version 1.2.3",
      "At work 1 of 16 at once",
      "Waiting 4 3 requests",
      "Committed 3 1 failed",
      "Saved 75.0 % 500 kB for 2.00 MB",
      "disk.img 25 %",
      "parasync · ci at 192.0.2.7",
      "2.50 MB of 10.0 MB in place · 1.00 MB received, 500 kB/s · 2.00 s",
      "receive 300 ms + 1.20 s waiting",
      "No sync has ended",
    ]
  ) {
    assert(text.includes(part), `${part} is not in: ${text}`);
  }
});

Deno.test("a sync that is over says what it came to, and why it failed", () => {
  const committed: SyncReport = {
    ...SYNC,
    doneBytes: SYNC.newBytes,
    end: { ...END, outcome: "committed" },
  };
  const failed: SyncReport = {
    ...SYNC,
    end: { ...END, outcome: "failed", code: "no_space", reason: "Cannot write a: no space left" },
  };
  const recent = [committed, failed, { ...SYNC, end: { ...END, outcome: "looked" as const } }];
  const status = { ...STATUS, notReady: "Cannot sync now: x", live: [], recent };
  const { html } = statusPage(status);
  const text = textOf(html);
  assertMatch(text, /Cannot sync now: x/);
  assertMatch(text, /Nothing is being synced now/);
  assertMatch(text, /58 s ago size 10\.0 MB on the line 1\.00 MB saved 90\.0 % took 2\.00 s/);
  assertMatch(text, /old file 5\.00 MB · 10\.0 MB of the new one in place · 9\.00 MB copied/);
  assertMatch(text, /Cannot write a: no space left/);
  for (const said of ["committed", "failed", "only looked"]) {
    assert(html.includes(`aria-label="${said}"`), said);
  }
});

Deno.test("names, clients and reasons of any kind are text and nothing else", () => {
  const end = { ...END, outcome: "failed" as const, code: HOSTILE, reason: HOSTILE };
  const hostile = { ...SYNC, name: HOSTILE, client: HOSTILE, user: HOSTILE };
  const stages = [{ stage: HOSTILE, beginMs: 0, endMs: 5, busyMs: 1 }];
  const { html } = statusPage({
    ...STATUS,
    notReady: HOSTILE,
    live: [{ ...hostile, stages }],
    recent: [{ ...hostile, stages, end }],
  });
  assertEquals(html.match(/<script/g)?.length, 1);
  assertNotMatch(html, /<img|<b>/);
  assertNotMatch(html, / onerror='/);
  assertEquals(textOf(html).split(HOSTILE.replace(/\s+/g, " ")).length > 5, true);
  assert(!STATUS_SCRIPT.includes("innerHTML"));
});

Deno.test("the policy lets run and be loaded what is in the page, by its digest, and no more", () => {
  const { html, policy } = statusPage(STATUS);
  const inline = (tag: string): string =>
    new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(html)?.[1] ?? "";
  const digest = (text: string): string => createHash("sha256").update(text).digest("base64");
  assert(policy.startsWith("default-src 'none'; "), policy);
  assert(policy.includes(`style-src 'sha256-${digest(inline("style"))}'`), policy);
  assert(policy.includes(`script-src 'sha256-${digest(inline("script"))}'`), policy);
  assert(policy.includes("frame-ancestors 'none'") && !policy.includes("unsafe"), policy);
  // Inline handlers and styles would not work under it.
  assertNotMatch(html, /<[^>]+\s(on[a-z]+|style)=/);
});

Deno.test("the view's own source text makes the same of a status as the view does", () => {
  const alone = new Function(`"use strict"; return (${statusView})`)() as typeof statusView;
  const later = { ...STATUS, live: [{ ...SYNC, elapsedMs: 3_000, receivedBytes: 3_000_000 }] };
  assertEquals(alone(later, STATUS), statusView(later, STATUS));
  assert(JSON.stringify(alone(later, STATUS)).includes("2.00 MB/s"));
});
