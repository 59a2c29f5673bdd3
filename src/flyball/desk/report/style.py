"""How the report looks: system fonts, a light and a dark scheme, one column that a phone can read and paper
can hold.
"""

from typing import Final

COLOURS: Final = """
:root {
  color-scheme: light dark;
  --paper: #faf9f5; --card: #fff; --ink: #1b2026; --soft: #5a636d; --faint: #7f8790; --hair: #e4e0d6;
  --line: #17629a; --good: #2c7a4b; --bad: #b23327; --gain: #4c9a6b; --loss: #cf5b4b;
  --caution: #e2b13c; --restrict: #df7f35; --halt: #c0392b; --wash: .16;
  --bar: #3b7ea8; --press: #b97a1a; --track: #efece3; --code: #f2efe7;
  --serif: Charter, "Bitstream Charter", "Iowan Old Style", "Palatino Linotype", Palatino, "Noto Serif",
    Georgia, "DejaVu Serif", serif;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Arial, sans-serif;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #11151a; --card: #171c22; --ink: #e7e5df; --soft: #a3abb4; --faint: #7e8892; --hair: #29313a;
    --line: #74b7e6; --good: #6cc08d; --bad: #f08475; --gain: #4fa574; --loss: #d9695a;
    --caution: #e0b84f; --restrict: #e58b47; --halt: #e06556; --wash: .2;
    --bar: #5b9fca; --press: #dfa349; --track: #222a32; --code: #1d242c;
  }
}
"""

TEXT: Final = """
* { box-sizing: border-box }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100% }
body {
  margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 var(--sans);
  font-variant-numeric: tabular-nums;
}
main, header.top, footer { max-width: 1120px; margin: 0 auto; padding: 0 24px }
header.top { padding-top: 44px }
.brand { display: flex; align-items: center; gap: 11px; color: var(--soft); font-size: 14px }
.brand svg { width: 34px; height: 34px; color: var(--line) }
.brand b { color: var(--ink) }
h1, h2, .figure, .lede { font-family: var(--serif) }
h1 { font-size: 42px; line-height: 1.12; font-weight: 600; margin: 16px 0 6px; letter-spacing: -.012em }
h2 { font-size: 25px; line-height: 1.25; font-weight: 600; margin: 0 0 4px; letter-spacing: -.008em }
h2 + .sheet { margin-top: 14px }
h2 + p, .note { color: var(--soft); margin: 0 0 18px; max-width: 52em; font-size: 15px }
.sheet + .note, .decisions + .note { margin-top: 26px }
.when { color: var(--soft); margin: 0 }
.lede { font-size: 20px; line-height: 1.5; max-width: 44em; margin: 22px 0 0 }
.source {
  display: inline-block; margin: 18px 0 0; padding: 5px 13px; color: var(--soft); font-size: 13.5px;
  background: var(--card); border: 1px solid var(--hair); border-radius: 16px;
}
.source b { font-weight: 600; color: var(--ink) }
.source-line { color: var(--faint); font-size: 12.5px; margin: 9px 2px 0 }
section { margin: 56px 0 0 }
.sheet, .card, .decision { background: var(--card); border: 1px solid var(--hair); border-radius: 10px }
.sheet { padding: 18px 20px }
.good { color: var(--good) } .bad { color: var(--bad) } .soft { color: var(--soft) }
.cards { display: grid; grid-template-columns: repeat(4, 1fr); gap: 16px; margin: 30px 0 0 }
.card { padding: 16px 18px 15px }
.card h3 { margin: 0; font-size: 13px; font-weight: 500; color: var(--soft) }
.card p { margin: 0; font-size: 13.5px; color: var(--soft); line-height: 1.4 }
.figure {
  font-size: 31px; line-height: 1.2; font-weight: 600; margin: 5px 0 3px; letter-spacing: -.015em;
  white-space: nowrap;
}
code, pre, .mono { font-family: var(--mono); font-size: 13px }
.mono { overflow-wrap: anywhere }
pre {
  background: var(--code); border-radius: 8px; padding: 12px 14px; margin: 0 0 10px; overflow-x: auto;
  line-height: 1.5;
}
footer { color: var(--faint); font-size: 13px; padding-bottom: 56px; margin-top: 56px }
footer p { border-top: 1px solid var(--hair); padding-top: 16px; margin: 0 }
"""

CHART: Final = """
svg.chart { display: block; width: 100%; height: auto; overflow: visible }
svg.narrow { display: none }
.chart text { font: 12px var(--sans); fill: var(--soft) }
.chart text.strong { fill: var(--ink); font-weight: 600 }
.chart text.bad { fill: var(--bad) }
.chart text.edge { font-size: 11.5px; fill: var(--faint) }
.chart text.edge.caution { fill: var(--press) }
.chart text.edge.restrict { fill: var(--restrict) }
.chart text.edge.halt { fill: var(--halt) }
.chart text.flat { fill: var(--good) }
.chart text.open { fill: var(--bad); font-weight: 700 }
.chart text.said { fill: var(--ink) }
.grid, .session { stroke: var(--hair); stroke-width: 1 }
.session { stroke-dasharray: 1 4 }
.axis { stroke: var(--faint); stroke-width: 1 }
.limit { stroke: var(--bad); stroke-width: 1; stroke-dasharray: 5 4 }
.equity {
  fill: none; stroke: var(--line); stroke-width: 1.8; stroke-linejoin: round; stroke-linecap: round;
}
.high-water { fill: none; stroke: var(--faint); stroke-width: 1; stroke-dasharray: 3 3 }
.zone { fill-opacity: var(--wash) }
.zone.caution { fill: var(--caution) }
.zone.restrict { fill: var(--restrict) }
.zone.halt { fill: var(--halt); fill-opacity: calc(var(--wash) * .75) }
.trip { stroke: var(--card); stroke-width: 1.5 }
.trip.caution { fill: var(--caution) } .trip.restrict { fill: var(--restrict) }
.trip.halt { fill: var(--halt) } .trip.daily_loss { fill: var(--ink) }
.latch { fill: var(--restrict) } .latch.HALTED { fill: var(--halt) }
.gain { fill: var(--gain) } .loss { fill: var(--loss) }
.hover { fill: transparent; cursor: crosshair }
.cursor { stroke: var(--faint); stroke-width: 1 }
.dot { fill: var(--line); stroke: var(--card); stroke-width: 2 }
.tip { fill: var(--card); stroke: var(--hair) }
.legend {
  display: flex; flex-wrap: wrap; gap: 6px 20px; margin: 12px 0 0; padding: 0; list-style: none;
  font-size: 13px; color: var(--soft);
}
.legend i {
  display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 7px;
  vertical-align: -1px;
}
.legend i.round { border-radius: 50%; width: 10px; height: 10px; vertical-align: 0 }
"""

LISTS: Final = """
.bars {
  display: grid; grid-template-columns: minmax(165px, auto) minmax(120px, 1fr) auto auto; gap: 11px 18px;
  align-items: center; font-size: 14.5px;
}
.bars .row { display: contents }
.bars small { display: block; color: var(--faint); font-size: 12.5px; line-height: 1.3 }
.bars svg { display: block; width: 100%; height: 18px; overflow: visible }
.bars .num { text-align: right; white-space: nowrap }
.bars .of { color: var(--soft); font-size: 13.5px; text-align: right; white-space: nowrap }
.track { fill: var(--track) } .fill { fill: var(--bar) } .fill.pressed { fill: var(--press) }
.tickmark { fill: var(--ink) }
.codes { grid-template-columns: 200px minmax(60px, .8fr) 48px minmax(200px, 1.6fr) }
.codes .name { font: 13px var(--mono) }
.codes .what { color: var(--soft); font-size: 14px; line-height: 1.35 }
.scroll { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-size: 14px }
th { font-weight: 500; color: var(--soft); font-size: 13px; text-align: left; white-space: nowrap }
th, td { padding: 7px 12px 7px 0; border-bottom: 1px solid var(--hair); vertical-align: top }
th:last-child, td:last-child { padding-right: 2px }
tbody tr:last-child td { border-bottom: 0 }
td.n, th.n { text-align: right; white-space: nowrap }
.n + td:not(.n), .n + th:not(.n) { padding-left: 10px }
td.k { white-space: nowrap }
td.w { min-width: 190px }
td small { color: var(--faint) }
.pill {
  display: inline-block; padding: 1px 8px; border-radius: 99px; font-size: 12.5px; font-weight: 600;
  background: var(--track); margin: 0 5px 2px 0;
}
.pill.HALTED { background: color-mix(in srgb, var(--halt) 16%, transparent); color: var(--bad) }
.pill.REDUCING { background: color-mix(in srgb, var(--restrict) 18%, transparent); color: var(--press) }
.decisions { display: grid; grid-template-columns: repeat(auto-fill, minmax(330px, 1fr)); gap: 14px }
.decision { padding: 14px 16px; font-size: 14px; display: flex; flex-direction: column }
.decision h3 {
  margin: 0; font: 600 13px var(--mono); display: flex; justify-content: space-between; gap: 10px;
}
.decision h3 span { font: 12.5px var(--sans); color: var(--faint); white-space: nowrap }
.decision .means { color: var(--soft); margin: 3px 0 9px; line-height: 1.4 }
.decision dl { margin: 0 0 10px }
.decision dt { color: var(--faint); font-size: 12.5px; line-height: 1.3 }
.decision dd { margin: 0 0 5px; line-height: 1.4 }
.decision .where { margin: auto 0 0; color: var(--faint); font-size: 12.5px }
.facts { display: grid; grid-template-columns: auto 1fr; gap: 6px 24px; margin: 0; font-size: 14.5px }
.facts dt { color: var(--soft) }
.facts dd { margin: 0; min-width: 0 }
"""

NARROWER: Final = """
@media screen and (max-width: 760px) {
  main, header.top, footer { padding-left: 16px; padding-right: 16px }
  header.top { padding-top: 26px }
  h1 { font-size: 31px }
  .lede { font-size: 18px }
  .cards { grid-template-columns: 1fr 1fr; gap: 10px }
  .card { padding: 12px 14px }
  .figure { font-size: 23px }
  section { margin-top: 44px }
  .sheet { padding: 14px }
  svg.wide { display: none }
  svg.narrow { display: block }
  .bars { display: block }
  .bars .row { display: grid; grid-template-columns: 1fr auto; gap: 2px 12px; padding: 7px 0 }
  .bars .bar { grid-column: 1 / -1; order: 3 }
  .bars .of, .bars .what { grid-column: 1 / -1; order: 4; text-align: left }
  .decisions { grid-template-columns: 1fr }
  .facts { grid-template-columns: 1fr; gap: 0 }
  .facts dd { margin-bottom: 9px }
}
@page { margin: 13mm }
@media print {
  :root {
    color-scheme: light; --paper: #fff; --card: #fff; --ink: #111; --soft: #444; --faint: #666;
    --hair: #ccc; --line: #17629a; --good: #2c7a4b; --bad: #b23327; --gain: #4c9a6b; --loss: #cf5b4b;
    --caution: #e2b13c; --restrict: #df7f35; --halt: #c0392b; --wash: .16;
    --bar: #3b7ea8; --press: #b97a1a; --track: #eee; --code: #f4f4f4;
  }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact }
  body { font-size: 10.5pt }
  main, header.top, footer { max-width: none; padding: 0 }
  section { margin-top: 26px }
  .sheet, .card, .decision, .source { box-shadow: none }
  .card, .decision, tr, .row, svg.chart { break-inside: avoid }
  h2 { break-after: avoid }
  .cards { grid-template-columns: repeat(4, 1fr) }
  .figure { font-size: 19pt }
  svg.wide { display: block }
  svg.narrow { display: none }
  .decisions { grid-template-columns: 1fr 1fr }
  .bars { font-size: 9.5pt; gap: 7px 12px }
  .scroll { overflow: visible }
  table { font-size: 8.5pt }
  pre { white-space: pre-wrap }
}
"""

STYLE: Final = COLOURS + TEXT + CHART + LISTS + NARROWER

# A flyball governor: two balls on arms that rise with the speed of the shaft.
LOGO: Final = (
    '<svg viewBox="0 0 48 48" role="img" aria-label="A flyball governor" fill="none" stroke="currentColor"'
    ' stroke-width="2.4" stroke-linecap="round">'
    '<path d="M24 5v38M17 43h14M24 9 9 24M24 9l15 15M13.5 19.5 24 33M34.5 19.5 24 33"/>'
    '<g fill="currentColor"><circle cx="8" cy="25.5" r="5"/><circle cx="40" cy="25.5" r="5"/>'
    '<rect x="20" y="31" width="8" height="5" rx="1.5"/></g></svg>'
)
