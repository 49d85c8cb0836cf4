import type { Comparison, ContenderResult, Figures } from "../comparison/comparison.ts";
import { type EndTimes, stageTimesOf } from "../comparison/stage_times.ts";
import { formatBytes, formatCount, formatMillis } from "./amounts.ts";
import { type Bar, type Panel, renderPanels } from "./bar_panels.ts";
import { checksumsText, hardware, headings } from "./comparison_table.ts";
import { escapeHtml } from "./html_text.ts";

/** Colours for paper and for the dark; the bars' stand apart for those who see no red or green, too. */
const STYLE = `
:root { color-scheme: light dark; --page: #fbfbfa; --text: #1c1e21; --faint: #656b73; --line: #d9dce0;
  --stripe: #f1f2f4; --whole: #6b7280; --client: #2563a8; --server: #d97a16; --bad: #b3261e; --good: #1d7a3a; }
@media (prefers-color-scheme: dark) { :root { --page: #16181c; --text: #e6e8eb; --faint: #9aa1ab;
  --line: #363b43; --stripe: #1e2126; --whole: #8d96a5; --client: #6aa9ec; --server: #eda04f;
  --bad: #ff8a80; --good: #6fcf8b; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.5rem 3rem; max-width: 1240px; background: var(--page);
  color: var(--text); font: 15px/1.5 system-ui, "Segoe UI", Roboto, Ubuntu, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 2.2rem 0 .3rem; }
p { margin: .2rem 0; color: var(--faint); }
.wide { overflow-x: auto; margin-top: 1.4rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .87rem; }
th, td { padding: .32rem .4rem; text-align: right; white-space: nowrap;
  border-bottom: 1px solid var(--line); }
th { font-weight: 600; color: var(--faint); vertical-align: bottom; }
th:first-child, td:first-child, td.said { text-align: left; }
td.said { white-space: normal; color: var(--bad); }
td.best { font-weight: 700; }
.good { color: var(--good); } .bad { color: var(--bad); }
svg { display: block; width: 100%; height: auto; margin-top: .6rem; font-size: 12px; }
svg text { fill: var(--text); } svg .head { font-weight: 600; } svg .value { fill: var(--faint); font-size: 11px; }
svg .axis { stroke: var(--line); } svg .stripe { fill: var(--stripe); }
.whole { fill: var(--whole); background: var(--whole); } .client { fill: var(--client); background: var(--client); }
.server { fill: var(--server); background: var(--server); }
.key { display: inline-block; width: .8em; height: .8em; margin: 0 .35em 0 .9em; vertical-align: -.05em; }
.key:first-child { margin-left: 0; }
`.trim();

const HEADS = [
  "contender",
  "hw",
  "threads",
  "median",
  "least",
  "chunk client",
  "chunk server",
  "match client",
  "match server",
  "apply",
  "commit",
  "sent",
  "received",
  "literal",
  "copies",
  "memory",
] as const;

/**
 * A comparison as a page of its own: the table, and bars of times, bytes and memory. Nothing is loaded and
 * no script runs.
 *
 * @param comparison The comparison.
 */
export function comparisonPage(comparison: Comparison): string {
  const { results } = comparison;
  const [what, ...how] = headings(comparison, "parasync:");
  const title = escapeHtml(what!);
  const labels = results.map(({ contender }) => contender.name);
  return [
    "<!doctype html>",
    '<html lang="en">',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${title}</title>`,
    `<style>\n${STYLE}\n</style>`,
    `<h1>${title}</h1>`,
    ...how.map((line) => `<p>${escapeHtml(line.trim())}</p>`),
    table(results),
    "<h2>Time</h2>",
    legend([["whole", "whole sync, median"], ["client", "client"], ["server", "server"]]),
    "<p>All bars have one scale. Where a scheme streams, its stages overlap and add up to more than the " +
    "whole. Apply and commit are the server's.</p>",
    renderPanels("Time of each contender by stage", labels, timePanels(results)),
    "<h2>Bytes</h2>",
    legend([["client", "sent to the server"], ["server", "received from it"], [
      "whole",
      "literal: content that the old file does not have",
    ]]),
    renderPanels("Bytes that each contender moved", labels, bytePanels(results)),
    "<h2>Memory</h2>",
    "<p>The most that the process with both ends held, the runtime included.</p>",
    renderPanels("Peak memory of each contender", labels, [memoryPanel(results)]),
    "</html>",
    "",
  ].join("\n");
}

function legend(keys: readonly (readonly [colour: string, meaning: string])[]): string {
  const parts = keys.map(([colour, meaning]) => `<span class="key ${colour}"></span>${meaning}`);
  return `<p>${parts.join("")}</p>`;
}

function table(results: readonly ContenderResult[]): string {
  const medians = results.flatMap(({ figures }) =>
    figures === null ? [] : [
      figures.elapsedMs.median,
    ]
  );
  const traffics = results.flatMap(({ figures }) => figures === null ? [] : [trafficOf(figures)]);
  const best = { ms: Math.min(...medians), bytes: Math.min(...traffics) };
  const rows = results.map(({ contender, figures, failure }) => {
    const mark = figures === null
      ? '<span class="bad">✗</span>'
      : '<span class="good" title="verified">✓</span>';
    const name = `<td>${mark} ${escapeHtml(contender.name)}</td>`;
    if (figures === null) {
      const said = escapeHtml(failure?.message ?? "no run");
      return `<tr>${name}<td class="said" colspan="${HEADS.length - 1}">${said}</td></tr>`;
    }
    return `<tr>${name}${cells(figures, best)}</tr>`;
  });
  const heads = HEADS.map((head) => `<th>${head.replace(" ", "<br>")}</th>`).join("");
  return [
    `<div class="wide"><table>\n<tr>${heads}</tr>\n${rows.join("\n")}\n</table></div>`,
    "<p>✓ every result had the new file's digest. Bold: the shortest time, the least traffic. " +
    "Threads: those that worked on it, fewer than allowed where the files are small or the scheme is serial.</p>",
    ...results.flatMap(({ contender, figures }) => {
      const ends = checksumsText(figures);
      return ends === "" ? [] : [
        `<p>Block checksums of ${escapeHtml(contender.name)}: ${escapeHtml(ends)}.</p>`,
      ];
    }),
  ].join("\n");
}

function cells(
  { elapsedMs, typical, peakBytes }: Figures,
  best: { readonly ms: number; readonly bytes: number },
): string {
  const { chunk, match, apply, commit } = stageTimesOf(typical.stages);
  const { wireUpBytes, wireDownBytes, literalBytes } = typical;
  const least = wireUpBytes + wireDownBytes === best.bytes;
  const texts: readonly (readonly [text: string, best?: boolean])[] = [
    [hardware(typical.hwClient, typical.hwServer)],
    [String(typical.threads)],
    [formatMillis(elapsedMs.median), elapsedMs.median === best.ms],
    [formatMillis(elapsedMs.min)],
    ...[chunk.client, chunk.server, match.client, match.server, apply, commit]
      .map((ms): readonly [string] => [ms === 0 ? "–" : formatMillis(ms)]),
    [formatBytes(wireUpBytes), least],
    [formatBytes(wireDownBytes), least],
    [formatBytes(literalBytes)],
    [formatCount(typical.copies)],
    [peakBytes === null ? "–" : formatBytes(peakBytes)],
  ];
  return texts.map(([text, bold]) =>
    `<td${bold ? ' class="best"' : ""}>${escapeHtml(text).replaceAll(" ", "&nbsp;")}</td>`
  ).join("");
}

function trafficOf({ typical }: Figures): number {
  return typical.wireUpBytes + typical.wireDownBytes;
}

function timePanels(results: readonly ContenderResult[]): Panel[] {
  const panel = (title: string, bars: (figures: Figures) => readonly Bar[]): Panel => ({
    title,
    rows: results.map(({ figures }) => figures === null ? [] : bars(figures)),
  });
  const ends = ({ client, server }: EndTimes): Bar[] => [
    ...client > 0 ? [bar("client", client, formatMillis(client))] : [],
    ...server > 0 ? [bar("server", server, formatMillis(server))] : [],
  ];
  const stages = ({ typical }: Figures) => stageTimesOf(typical.stages);
  const server = (ms: number): Bar[] => [bar("server", ms, formatMillis(ms))];
  return [
    panel("whole", ({ elapsedMs: { median } }) => [bar("whole", median, formatMillis(median))]),
    panel("chunk, signature", (figures) => ends(stages(figures).chunk)),
    panel("match, search", (figures) => ends(stages(figures).match)),
    panel("apply", (figures) => server(stages(figures).apply)),
    panel("commit", (figures) => server(stages(figures).commit)),
  ];
}

function bytePanels(results: readonly ContenderResult[]): Panel[] {
  return [
    {
      title: "traffic",
      rows: results.map(({ figures }) =>
        figures === null ? [] : [{
          parts: [
            { colour: "client", value: figures.typical.wireUpBytes },
            { colour: "server", value: figures.typical.wireDownBytes },
          ],
          text: formatBytes(trafficOf(figures)),
        }]
      ),
    },
    {
      title: "literal",
      rows: results.map(({ figures }) =>
        figures === null ? [] : [
          bar("whole", figures.typical.literalBytes, formatBytes(figures.typical.literalBytes)),
        ]
      ),
    },
  ];
}

function memoryPanel(results: readonly ContenderResult[]): Panel {
  return {
    title: "peak of the process",
    rows: results.map(({ figures }) => {
      const bytes = figures?.peakBytes ?? 0;
      return bytes === 0 ? [] : [bar("whole", bytes, formatBytes(bytes))];
    }),
  };
}

function bar(colour: string, value: number, text: string): Bar {
  return { parts: [{ colour, value }], text };
}
