/** How the status page looks, in light and in dark, on wide screens and on narrow ones. */
export const STATUS_STYLE = `
:root {
  color-scheme: light dark;
  --page: light-dark(#f4f5f3, #101314);
  --card: light-dark(#fff, #181c1e);
  --line: light-dark(#dfe2de, #2b3134);
  --ink: light-dark(#1a1f21, #e8ebe9);
  --soft: light-dark(#5b6468, #98a3a6);
  --track: light-dark(#e9ecea, #262c2f);
  --accent: light-dark(#0f766e, #2dbfae);
  --good: light-dark(#15803d, #4ac26b);
  --bad: light-dark(#b42318, #ff8a7a);
  --chunk: light-dark(#2f6fbd, #6aa8f0);
  --match: light-dark(#8250c4, #b794f0);
  --receive: light-dark(#0f8a7e, #35c9b8);
  --verify: light-dark(#b7791f, #e3b04f);
  --commit: light-dark(#c2513c, #f0907c);
  --other: light-dark(#7a8488, #8b969a);
}
* { box-sizing: border-box; }
body {
  margin: 0 auto;
  max-width: 70rem;
  padding: 1.5rem clamp(1rem, 4vw, 2.5rem) 3rem;
  background: var(--page);
  color: var(--ink);
  font: 0.9375rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  font-variant-numeric: tabular-nums;
}
h1, h2, p, dl, dd, ul { margin: 0; padding: 0; }
ul { list-style: none; }
header { display: flex; align-items: center; gap: 0.625rem; margin-bottom: 1.25rem; }
h1 { font-size: 1.25rem; font-weight: 650; letter-spacing: -0.01em; }
h2 { font-size: 0.9375rem; font-weight: 650; margin: 2rem 0 0.625rem; }
.logo { width: 1.75rem; height: 1.75rem; flex: none; }
.logo rect { fill: var(--accent); }
.logo path { stroke: var(--page); stroke-width: 1.5; }
#notice { margin-left: auto; color: var(--bad); text-align: right; }
.note { color: var(--soft); font-size: 0.8125rem; font-weight: 400; }
.state { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 0.75rem; margin-bottom: 0.875rem; font-weight: 600; }
.state::before { content: ""; width: 0.5625rem; height: 0.5625rem; border-radius: 50%; background: currentColor; align-self: center; }
.ready::before { color: var(--good); }
.not-ready { color: var(--bad); }
.tiles { display: grid; grid-template-columns: repeat(6, 1fr); gap: 1px; background: var(--line); border: 1px solid var(--line); border-radius: 0.75rem; overflow: hidden; }
.tile { background: var(--card); padding: 0.75rem 0.875rem; min-width: 0; }
.tile dt { color: var(--soft); font-size: 0.8125rem; }
.tile dd:not(.note) { font-size: 1.375rem; line-height: 1.35; font-weight: 600; letter-spacing: -0.015em; white-space: nowrap; }
.cards { display: grid; gap: 0.5rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 0.75rem; padding: 0.875rem 1rem; min-width: 0; }
.empty { color: var(--soft); border: 1px dashed var(--line); border-radius: 0.75rem; padding: 1.125rem 1rem; }
.line { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem; }
.name { font-weight: 600; overflow-wrap: anywhere; unicode-bidi: isolate; }
.percent { font-weight: 600; color: var(--accent); }
progress { appearance: none; display: block; width: 100%; height: 0.4375rem; margin: 0.5rem 0; border: 0; border-radius: 1rem; overflow: hidden; background: var(--track); }
progress::-webkit-progress-bar { background: var(--track); }
progress::-webkit-progress-value { background: var(--accent); border-radius: 1rem; }
progress::-moz-progress-bar { background: var(--accent); border-radius: 1rem; }
.lanes { display: grid; gap: 0.25rem; margin: 0.75rem 0 0.25rem; }
.lanes li { display: grid; grid-template-columns: 6.5rem minmax(4rem, 1fr) minmax(5rem, 13rem); gap: 0.75rem; align-items: center; font-size: 0.8125rem; }
.lane-name { color: var(--soft); overflow: hidden; text-overflow: ellipsis; }
.lane-time { color: var(--soft); }
.lane { width: 100%; height: 0.5rem; background: var(--track); border-radius: 0.25rem; color: var(--other); }
.lane rect, .ribbon rect { fill: currentColor; }
.wait { opacity: 0.35; }
.stage-chunk { color: var(--chunk); }
.stage-match, .stage-compare, .stage-refine { color: var(--match); }
.stage-receive { color: var(--receive); }
.stage-verify { color: var(--verify); }
.stage-commit { color: var(--commit); }
.stage-other { color: var(--other); }
.recent { padding: 0; }
summary { display: grid; grid-template-columns: 1.25rem minmax(9rem, 1fr) repeat(4, minmax(4.75rem, auto)) 7rem 0.5rem; gap: 0 1rem; align-items: center; padding: 0.6875rem 1rem; cursor: pointer; border-radius: 0.75rem; list-style: none; }
summary::-webkit-details-marker { display: none; }
summary:hover { background: color-mix(in srgb, var(--track) 45%, transparent); }
summary:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; }
.more { color: var(--soft); font-size: 1.125rem; line-height: 1; transform-origin: 50% 55%; }
details[open] .more { transform: rotate(90deg); }
.mark { font-weight: 700; text-align: center; color: var(--soft); }
.committed .mark { color: var(--good); }
.failed .mark { color: var(--bad); }
.what { display: grid; min-width: 0; }
.figure { text-align: right; white-space: nowrap; }
.label { display: block; color: var(--soft); font-size: 0.75rem; }
.ribbon { width: 100%; height: 0.625rem; border-radius: 0.3125rem; background: var(--track); }
details[open] > :not(summary) { margin-left: 3.25rem; margin-right: 1rem; }
details > .note { padding: 0.25rem 0 0.875rem; }
.reason { color: var(--bad); padding: 0 1rem 0.75rem 3.25rem; overflow-wrap: anywhere; unicode-bidi: isolate; }
@media (max-width: 60rem) {
  .tiles { grid-template-columns: repeat(3, 1fr); }
}
@media (max-width: 48rem) {
  summary { grid-template-columns: 1.25rem repeat(4, 1fr); gap: 0.5rem 0.75rem; }
  .more { display: none; }
  .what { grid-column: 2 / -1; }
  .figure { text-align: left; }
  .size { grid-column: 2; }
  .took { grid-column: 5; }
  .reason { padding-left: 3rem; }
  .ribbon { grid-column: 2 / -1; }
  .lanes li { grid-template-columns: 4.75rem minmax(3rem, 1fr) minmax(4.5rem, auto); gap: 0.5rem; }
}
@media (max-width: 30rem) {
  .tiles { grid-template-columns: repeat(2, 1fr); }
  summary { grid-template-columns: 1.25rem repeat(2, 1fr); }
  .size, .saved { grid-column: 2; }
  .wire, .took { grid-column: 3; }
  details[open] > :not(summary) { margin-left: 1rem; }
  .reason { padding-left: 1rem; }
}
`;
