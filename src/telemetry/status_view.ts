import type { ServerStatus } from "./server_status.ts";
import type { StageTime } from "./stages.ts";
import type { SyncReport } from "./sync_ledger.ts";

/** An element: its name, its attributes, and what is in it, texts or elements. */
export type ViewNode = readonly [
  tag: string,
  attributes: Readonly<Record<string, string | number>>,
  ...children: (ViewNode | string)[],
];

/**
 * What the status page shows, as elements. It runs at the server for the first look and in the browser for all
 * later ones, as its own source text, so that nothing outside of it may be named in it but types.
 *
 * @param status The server now.
 * @param before The server a moment ago, for rates; null where that is not known.
 * @returns The elements of the page's main part.
 */
export function statusView(status: ServerStatus, before: ServerStatus | null): ViewNode[] {
  const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];
  /** What arrives comes in bursts: in less time a rate says nothing. */
  const SHORTEST_MS = 500;
  const MARKS = { committed: "✓", looked: "○", failed: "✕" };
  const SAID = { committed: "committed", looked: "only looked", failed: "failed" };

  function bytes(count: number): string {
    let unit = 0;
    let value = count;
    for (; value >= 999.5 && unit < UNITS.length - 1; unit++) value /= 1000;
    const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    return `${value.toFixed(digits)} ${UNITS[unit]}`;
  }

  function span(ms: number): string {
    if (ms < 999.5) return `${ms < 9.95 ? ms.toFixed(1) : Math.round(ms)} ms`;
    const seconds = ms / 1000;
    if (seconds < 59.95) return `${seconds.toFixed(seconds < 9.995 ? 2 : 1)} s`;
    const minutes = Math.floor(seconds / 60);
    if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
    const hours = Math.floor(minutes / 60);
    if (hours < 24) return `${hours} h ${minutes % 60} min`;
    return `${Math.floor(hours / 24)} d ${hours % 24} h`;
  }

  function ago(ms: number): string {
    if (ms < 5_000) return "just now";
    if (ms < 60_000) return `${Math.floor(ms / 1000)} s ago`;
    if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ago`;
    return `${span(ms)} ago`;
  }

  function count(number: number): string {
    return String(number).replace(/\B(?=(?:\d{3})+$)/g, ",");
  }

  function share(part: number, whole: number): string {
    if (whole <= 0) return "–";
    const percent = Math.max(0, part / whole * 100);
    return percent > 99.9 && percent < 100 ? "> 99.9 %" : `${percent.toFixed(1)} %`;
  }

  function tile(title: string, value: string, note: string): ViewNode {
    return ["div", { class: "tile" }, ["dt", {}, title], ["dd", {}, value], [
      "dd",
      { class: "note" },
      note,
    ]];
  }

  function colour(stage: string): string {
    if (stage === "signature") return "stage-chunk";
    const known = ["chunk", "match", "compare", "receive", "refine", "verify", "commit"];
    return `stage-${known.includes(stage) ? stage : "other"}`;
  }

  /** Each stage in a lane of its own, to the scale of the whole. */
  function lanes(stages: readonly StageTime[], wholeMs: number): ViewNode {
    const whole = Math.max(wholeMs, 1);
    const at = (ms: number): number => Math.round(Math.min(1, Math.max(0, ms / whole)) * 1000);
    return [
      "ul",
      { class: "lanes", "aria-label": "Stages at the server, to scale" },
      ...stages.map(({ stage, beginMs, endMs, busyMs }): ViewNode => {
        const x = Math.min(at(beginMs), 994);
        const width = Math.max(6, at(endMs) - x);
        const part = endMs > beginMs ? Math.min(1, busyMs / (endMs - beginMs)) : 1;
        const waited = endMs - beginMs - busyMs;
        const time = waited >= 1 ? `${span(busyMs)} + ${span(waited)} waiting` : span(busyMs);
        const bar = { x, y: 0, height: 10 };
        return [
          "li",
          {},
          ["span", { class: "lane-name" }, stage],
          [
            "svg",
            {
              class: `lane ${colour(stage)}`,
              viewBox: "0 0 1000 10",
              preserveAspectRatio: "none",
              "aria-hidden": "true",
            },
            ["rect", { ...bar, class: "wait", width }],
            ["rect", { ...bar, class: "busy", width: Math.max(6, Math.round(width * part)) }],
          ],
          ["span", { class: "lane-time" }, time],
        ];
      }),
    ];
  }

  /** All stages side by side: what share each has of the time at work. */
  function ribbon(stages: readonly StageTime[]): ViewNode {
    const total = stages.reduce((sum, { busyMs }) => sum + busyMs, 0);
    let x = 0;
    return [
      "svg",
      {
        class: "ribbon",
        viewBox: "0 0 1000 10",
        preserveAspectRatio: "none",
        role: "img",
        "aria-label": stages.map(({ stage, busyMs }) => `${stage} ${span(busyMs)}`).join(", "),
      },
      ...stages.filter(({ busyMs }) => total > 0 && busyMs / total >= 0.004)
        .map(({ stage, busyMs }): ViewNode => {
          const width = Math.round(busyMs / total * 1000);
          const rect = { class: `busy ${colour(stage)}`, x, y: 0, width, height: 10 };
          x += width;
          return ["rect", rect];
        }),
    ];
  }

  function who({ scheme, client, user }: SyncReport): string {
    return [scheme, user === "" ? client : `${user} at ${client}`].join(" · ");
  }

  function rate(sync: SyncReport): string {
    const last = before?.live.find(({ number }) => number === sync.number);
    const [moved, ms] = last && sync.elapsedMs - last.elapsedMs >= SHORTEST_MS
      ? [sync.receivedBytes - last.receivedBytes, sync.elapsedMs - last.elapsedMs]
      : [sync.receivedBytes, Math.max(1, sync.elapsedMs)];
    return `${bytes(moved / ms * 1000)}/s`;
  }

  function liveSync(sync: SyncReport): ViewNode {
    const { name, newBytes, doneBytes, receivedBytes, elapsedMs, stages } = sync;
    const known = newBytes > 0;
    const done = known ? doneBytes / newBytes : 0;
    return [
      "li",
      { class: "card" },
      ["div", { class: "line" }, ["strong", { class: "name" }, name], [
        "span",
        { class: "percent" },
        known ? `${Math.floor(done * 100)} %` : "…",
      ]],
      [
        "progress",
        { max: 1000, value: Math.floor(done * 1000), "aria-label": `${name}: how far it is` },
      ],
      ["p", { class: "line note" }, ["span", {}, who(sync)], [
        "span",
        {},
        `${bytes(doneBytes)} of ${known ? bytes(newBytes) : "?"} in place · ` +
        `${bytes(receivedBytes)} received, ${rate(sync)} · ${span(elapsedMs)}`,
      ]],
      lanes(stages, elapsedMs),
    ];
  }

  function recentSync(sync: SyncReport): ViewNode {
    const { name, newBytes, receivedBytes, sentBytes, startedMs, elapsedMs, stages, end } = sync;
    const outcome = end?.outcome ?? "failed";
    const wire = receivedBytes + sentBytes;
    const whole = outcome === "committed";
    const moment = startedMs + elapsedMs;
    const figure = (kind: string, label: string, text: string): ViewNode => [
      "span",
      { class: `figure ${kind}` },
      ["span", { class: "label" }, label],
      text,
    ];
    return [
      "li",
      { class: `card recent ${outcome}` },
      [
        "details",
        {},
        [
          "summary",
          {},
          ["span", { class: "mark", role: "img", "aria-label": SAID[outcome] }, MARKS[outcome]],
          [
            "span",
            { class: "what" },
            ["strong", { class: "name" }, name],
            ["span", { class: "note" }, `${who(sync)} · `, [
              "time",
              { datetime: new Date(moment).toISOString() },
              ago(status.nowMs - moment),
            ]],
          ],
          figure("size", "size", newBytes > 0 ? bytes(newBytes) : "–"),
          figure("wire", "on the line", bytes(wire)),
          figure("saved", "saved", whole ? share(newBytes - wire, newBytes) : "–"),
          figure("took", "took", span(elapsedMs)),
          ribbon(stages),
          ["span", { class: "more", "aria-hidden": "true" }, "›"],
        ],
        lanes(stages, elapsedMs),
        [
          "p",
          { class: "note" },
          [
            `old file ${bytes(sync.oldBytes)}`,
            ...outcome === "looked" ? [] : [`${bytes(sync.doneBytes)} of the new one in place`],
            ...whole && end !== null
              ? [`${bytes(end.copiedBytes)} copied`, `${bytes(end.literalBytes)} received`]
              : [],
          ].join(" · "),
        ],
      ],
      ...end !== null && end.reason !== ""
        ? [["p", { class: "reason" }, end.reason] as ViewNode]
        : [],
    ];
  }

  function section(id: string, title: string, items: ViewNode[], empty: string): ViewNode {
    return [
      "section",
      { "aria-labelledby": id },
      ["h2", { id }, title],
      items.length === 0 ? ["p", { class: "empty" }, empty] : ["ul", { class: "cards" }, ...items],
    ];
  }

  const { totals, freeBytes, openDescriptors } = status;
  const descriptors = openDescriptors === null
    ? "resident"
    : `${count(openDescriptors)} open files`;
  return [
    [
      "p",
      { class: `state ${status.notReady === null ? "ready" : "not-ready"}` },
      status.notReady ?? "Ready for syncs",
      ["span", { class: "note" }, `up ${span(status.uptimeMs)} · version ${status.version}`],
    ],
    [
      "dl",
      { class: "tiles" },
      tile("At work", count(status.syncsAtWork), `of ${count(status.mostSyncs)} at once`),
      tile(
        "Waiting",
        count(status.queueLength),
        `${count(status.requestsAtWork)} ${status.requestsAtWork === 1 ? "request" : "requests"}`,
      ),
      tile("Committed", count(totals.committed), `${count(totals.failed)} failed`),
      tile(
        "Saved",
        share(totals.targetBytes - totals.wireBytes, totals.targetBytes),
        `${bytes(totals.wireBytes)} for ${bytes(totals.targetBytes)}`,
      ),
      tile("Memory", bytes(status.residentBytes), descriptors),
      tile("Free space", freeBytes === null ? "–" : bytes(freeBytes), "below the root"),
    ],
    section("live", "At work", status.live.map(liveSync), "Nothing is being synced now."),
    section(
      "recent",
      "Recent",
      status.recent.map(recentSync),
      "No sync has ended since the server started.",
    ),
  ];
}
