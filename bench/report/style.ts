/**
 * The page's style. The colours of series are Okabe and Ito's, which are told apart with every kind of colour vision;
 * on dark ground they are lighter where they have to be. Each series has a shape besides.
 */
export const STYLE = `
:root { color-scheme: light dark;
  --ground: #ffffff; --card: #f7f8fa; --ink: #1b1f24; --soft: #57606a; --faint: #d8dee4; --edge: #e4e8ec;
  --c0: #0072b2; --c1: #d55e00; --c2: #b8860b; --c3: #009e73; --c4: #aa4a8c; --c5: #24292f; --c6: #7d8590; --c7: #8c510a; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #0e1116; --card: #161b22; --ink: #e6edf3; --soft: #9aa4af; --faint: #30363d; --edge: #262c34;
  --c0: #4ea8e6; --c1: #ff8c42; --c2: #e6c229; --c3: #2ec4a0; --c4: #e08cc3; --c5: #f0f6fc; --c6: #9aa4af; --c7: #d9a05b; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
main { max-width: 940px; margin: 0 auto; padding: 40px 20px 64px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 6px; letter-spacing: -0.01em; }
h2 { font-size: 19px; margin: 44px 0 4px; letter-spacing: -0.005em; }
h3 { font-size: 14px; margin: 22px 0 6px; }
p { margin: 4px 0 12px; color: var(--soft); max-width: 74ch; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 18px 0 0; font-size: 13.5px; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
figure { margin: 12px 0 0; padding: 20px; background: var(--card); border: 1px solid var(--edge); border-radius: 10px;
  overflow-x: auto; }
svg { display: block; width: 100%; min-width: 640px; height: auto; font-size: 12px; font-variant-numeric: tabular-nums; }
text { fill: var(--ink); } .tick, .note, .axis { fill: var(--soft); } .axis { font-size: 12px; }
.name { font-weight: 600; font-size: 12.5px; } .note { font-size: 11px; } .value { font-size: 11.5px; fill: var(--soft); paint-order: stroke;
  stroke: var(--card); stroke-width: 4px; stroke-linejoin: round; }
.strong { font-weight: 650; fill: var(--ink); }
.grid { stroke: var(--faint); stroke-width: 1; } .row { stroke: var(--edge); stroke-width: 1; }
.whole { stroke: var(--ink); stroke-width: 2.2; } .stem { stroke-width: 1.6; opacity: 0.4; }
.path { fill: none; stroke-width: 2; stroke-linejoin: round; }
${
  Array.from(
    { length: 8 },
    (_, i) => `.s${i},.b${i} { fill: var(--c${i}); } .l${i},.t${i} { stroke: var(--c${i}); }`,
  ).join("\n")
}
details { margin: 10px 0 0; } summary { cursor: pointer; color: var(--soft); font-size: 13.5px; }
.table { overflow-x: auto; }
table { border-collapse: collapse; margin: 8px 0 4px; font-size: 12.5px; font-variant-numeric: tabular-nums; width: 100%; }
th, td { padding: 4px 10px 4px 0; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--edge); }
th { color: var(--soft); font-weight: 500; } th:first-child, td:first-child { text-align: left; }
.left th:nth-child(2), .left td:nth-child(2) { text-align: left; }
`;
