"""How the report looks: system fonts, two colour schemes, one column that a phone can read and paper can hold."""

from typing import Final

STYLE: Final = """
:root{color-scheme:light dark;--paper:#faf9f5;--card:#fff;--ink:#1b2026;--soft:#5d6670;--faint:#8b939b;--hair:#e3dfd5;
--line:#17629a;--good:#2c7a4b;--bad:#b23327;--gain:#4c9a6b;--loss:#cf5b4b;--caution:#e2b13c;--restrict:#df7f35;--halt:#c0392b;
--wash:.17;--bar:#3b7ea8;--press:#b9791a;--track:#efece3;--code:#f2efe7}
@media (prefers-color-scheme:dark){:root{--paper:#11151a;--card:#171c22;--ink:#e7e5df;--soft:#9da6af;--faint:#757f89;
--hair:#29313a;--line:#74b7e6;--good:#6cc08d;--bad:#f08475;--gain:#4fa574;--loss:#d9695a;--caution:#e0b84f;--restrict:#e58b47;
--halt:#e06556;--wash:.2;--bar:#5b9fca;--press:#dfa349;--track:#20272f;--code:#1d242c}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",
"Noto Sans",Arial,sans-serif;font-variant-numeric:tabular-nums}
main,header.top,footer{max-width:1120px;margin:0 auto;padding:0 24px}
h1,h2,.figure,.lede{font-family:Charter,"Bitstream Charter","Iowan Old Style","Palatino Linotype",Palatino,"Noto Serif",
Georgia,"DejaVu Serif",serif}
header.top{padding-top:44px}
.brand{display:flex;align-items:center;gap:11px;color:var(--soft);font-size:14px;letter-spacing:.02em}
.brand svg{width:34px;height:34px;color:var(--line)}
.brand b{color:var(--ink);letter-spacing:.01em}
h1{font-size:42px;line-height:1.12;font-weight:600;margin:16px 0 6px;letter-spacing:-.012em}
.when{color:var(--soft);margin:0}
.lede{font-size:20px;line-height:1.5;max-width:44em;margin:22px 0 0}
.source{display:inline-block;margin:18px 0 0;padding:5px 12px;border:1px solid var(--hair);border-radius:99px;
color:var(--soft);font-size:13.5px;background:var(--card)}
.source b{font-weight:600;color:var(--ink)}
.cards{display:grid;grid-template-columns:repeat(4,1fr);gap:16px;margin:30px 0 0}
.card{background:var(--card);border:1px solid var(--hair);border-radius:10px;padding:16px 18px 15px}
.card h3{margin:0;font-size:13px;font-weight:500;color:var(--soft)}
.figure{font-size:31px;line-height:1.2;font-weight:600;margin:5px 0 3px;letter-spacing:-.015em;white-space:nowrap}
.card p{margin:0;font-size:13.5px;color:var(--soft);line-height:1.4}
section{margin:56px 0 0}
h2{font-size:25px;line-height:1.25;font-weight:600;margin:0 0 4px;letter-spacing:-.008em}
h2+p,.note{color:var(--soft);margin:0 0 18px;max-width:52em;font-size:15px}
.sheet{background:var(--card);border:1px solid var(--hair);border-radius:10px;padding:18px 20px}
.source-line{color:var(--faint);font-size:12.5px;margin:9px 2px 0}
.good{color:var(--good)}.bad{color:var(--bad)}.soft{color:var(--soft)}
svg.chart{display:block;width:100%;height:auto;overflow:visible}
svg.narrow{display:none}
.chart text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",Arial,sans-serif;fill:var(--soft)}
.chart text.strong{fill:var(--ink);font-weight:600}.chart text.bad{fill:var(--bad)}
.chart text.edge{font-size:11.5px;fill:var(--faint)}.chart text.edge.caution{fill:var(--press)}
.chart text.edge.restrict{fill:var(--restrict)}.chart text.edge.halt{fill:var(--halt)}
.chart text.flat{fill:var(--good)}.chart text.open{fill:var(--bad);font-weight:700}
.grid,.session{stroke:var(--hair);stroke-width:1}.session{stroke-dasharray:1 4}.axis{stroke:var(--faint);stroke-width:1}
.limit{stroke:var(--bad);stroke-width:1;stroke-dasharray:5 4}
.equity{fill:none;stroke:var(--line);stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}
.high-water{fill:none;stroke:var(--faint);stroke-width:1;stroke-dasharray:3 3}
.zone{fill-opacity:var(--wash)}.zone.caution{fill:var(--caution)}.zone.restrict{fill:var(--restrict)}.zone.halt{fill:var(--halt)}
.trip{stroke:var(--card);stroke-width:1.5}.trip.caution{fill:var(--caution)}.trip.restrict{fill:var(--restrict)}
.trip.halt{fill:var(--halt)}.trip.daily_loss{fill:var(--ink)}
.latch{fill:var(--restrict)}.latch.HALTED{fill:var(--halt)}
.gain{fill:var(--gain)}.loss{fill:var(--loss)}
.hover{fill:transparent;cursor:crosshair}.cursor{stroke:var(--faint);stroke-width:1;pointer-events:none}
.dot{fill:var(--line);stroke:var(--card);stroke-width:2;pointer-events:none}
.tip{fill:var(--card);stroke:var(--hair)}.chart text.said{fill:var(--ink)}
.legend{display:flex;flex-wrap:wrap;gap:6px 20px;margin:12px 0 0;padding:0;list-style:none;font-size:13px;color:var(--soft)}
.legend i{display:inline-block;width:12px;height:12px;border-radius:3px;margin-right:7px;vertical-align:-1px}
.legend i.round{border-radius:50%;width:10px;height:10px}
.bars{display:grid;grid-template-columns:minmax(170px,auto) minmax(120px,1fr) auto auto;gap:11px 18px;align-items:center;font-size:14.5px}
.bars .row{display:contents}.bars .name small{display:block;color:var(--faint);font-size:12.5px;line-height:1.3}
.bars svg{display:block;width:100%;height:18px;overflow:visible}
.track{fill:var(--track)}.fill{fill:var(--bar)}.fill.pressed{fill:var(--press)}.tickmark{fill:var(--ink)}
.bars .num{text-align:right;white-space:nowrap}.bars .of{color:var(--soft);font-size:13.5px;text-align:right;white-space:nowrap}
.codes{grid-template-columns:minmax(150px,auto) minmax(60px,.8fr) auto minmax(200px,1.6fr)}
.codes .name{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
.codes .what{color:var(--soft);font-size:14px;line-height:1.35}
.scroll{overflow-x:auto;margin:0 -2px}
table{border-collapse:collapse;width:100%;font-size:14px}
th{font-weight:500;color:var(--soft);font-size:13px;text-align:left;white-space:nowrap}
th,td{padding:7px 12px 7px 0;border-bottom:1px solid var(--hair);vertical-align:top}
th:last-child,td:last-child{padding-right:2px}
tbody tr:last-child td{border-bottom:0}
td.n,th.n{text-align:right;white-space:nowrap}td.k{white-space:nowrap}
td small{color:var(--faint)}
.pill{display:inline-block;padding:1px 8px;border-radius:99px;font-size:12.5px;font-weight:600;background:var(--track);margin:0 3px 2px 0}
.pill.HALTED{background:color-mix(in srgb,var(--halt) 16%,transparent);color:var(--bad)}
.pill.REDUCING{background:color-mix(in srgb,var(--restrict) 18%,transparent);color:var(--press)}
.decisions{display:grid;grid-template-columns:repeat(auto-fill,minmax(330px,1fr));gap:14px}
.decision{background:var(--card);border:1px solid var(--hair);border-radius:10px;padding:14px 16px;font-size:14px;display:flex;
flex-direction:column;break-inside:avoid}
.decision h3{margin:0;font:600 13px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;display:flex;
justify-content:space-between;gap:10px}
.decision h3 span{font:12.5px system-ui,sans-serif;color:var(--faint);white-space:nowrap}
.decision .means{color:var(--soft);margin:3px 0 9px;line-height:1.4}
.decision dl{display:grid;grid-template-columns:auto 1fr;gap:3px 14px;margin:0 0 10px}
.decision dt{color:var(--faint);font-size:13px}.decision dd{margin:0}
.decision .where{margin:auto 0 0;color:var(--faint);font-size:12.5px}
.facts{display:grid;grid-template-columns:auto 1fr;gap:6px 24px;margin:0;font-size:14.5px}
.facts dt{color:var(--soft)}.facts dd{margin:0;min-width:0}
code,pre,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:13px}
.mono{overflow-wrap:anywhere}
pre{background:var(--code);border-radius:8px;padding:12px 14px;margin:0 0 10px;overflow-x:auto;line-height:1.5}
footer{color:var(--faint);font-size:13px;padding-top:30px;padding-bottom:56px;margin-top:52px;max-width:1120px}
footer p{border-top:1px solid var(--hair);padding-top:16px;margin:0}
@media (max-width:760px){main,header.top,footer{padding:0 16px}header.top{padding-top:26px}h1{font-size:31px}.lede{font-size:18px}
.cards{grid-template-columns:1fr 1fr;gap:10px}.figure{font-size:24px}.card{padding:12px 14px}section{margin-top:42px}
svg.wide{display:none}svg.narrow{display:block}.sheet{padding:14px 14px}
.bars{grid-template-columns:1fr auto;gap:3px 12px}.bars .bar{grid-column:1/-1;order:3}.bars .row{display:grid;
grid-template-columns:subgrid;grid-column:1/-1;gap:3px 12px;padding:6px 0}.bars .of{order:4;grid-column:1/-1;text-align:left}
.codes .what{order:4;grid-column:1/-1}.decisions{grid-template-columns:1fr}.facts{grid-template-columns:1fr;gap:0}
.facts dd{margin-bottom:9px}}
@media (max-width:400px){.figure{font-size:21px}}
@media print{:root{--paper:#fff;--card:#fff;--ink:#111;--soft:#444;--faint:#666;--hair:#ccc;--line:#17629a;--good:#2c7a4b;
--bad:#b23327;--track:#eee;--code:#f4f4f4;color-scheme:light}body{font-size:11.5pt}section{margin-top:28px}
.sheet,.card,.decision,tr,.row{break-inside:avoid}h2{break-after:avoid}header.top{padding-top:0}.hover{display:none}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}.cards{grid-template-columns:repeat(4,1fr)}pre{white-space:pre-wrap}}
"""

# Reads the drawing's own points; the page says everything without it.
SCRIPT: Final = """
for(const area of document.querySelectorAll(".hover")){const svg=area.ownerSVGElement,P=area.dataset.points.split(";").map(r=>r.split("|"));
const make=(n,a)=>{const e=document.createElementNS(svg.namespaceURI,n);for(const k in a)e.setAttribute(k,a[k]);return e};
const g=make("g",{style:"display:none"}),l=make("line",{class:"cursor"}),d=make("circle",{class:"dot",r:4.5}),
b=make("rect",{class:"tip",rx:6,width:172,height:46}),t=make("text",{class:"said strong"}),u=make("text",{class:"said"});
g.append(l,d,b,t,u);g.style.pointerEvents="none";svg.append(g);
const y=+area.getAttribute("y"),h=+area.getAttribute("height"),r=+area.getAttribute("x")+ +area.getAttribute("width");
const show=e=>{const m=svg.getScreenCTM(),x=(e.clientX-m.e)/m.a;let lo=0,hi=P.length-1;
while(lo<hi){const i=lo+hi>>1;+P[i][0]<x?lo=i+1:hi=i}const p=P[lo],px=+p[0];g.style.display="";
for(const k of["x1","x2"])l.setAttribute(k,px);l.setAttribute("y1",y);l.setAttribute("y2",y+h);d.setAttribute("cx",px);d.setAttribute("cy",p[1]);
const bx=px+186>r?px-182:px+10;b.setAttribute("x",bx);b.setAttribute("y",y+6);for(const[q,o]of[[t,24],[u,42]]){q.setAttribute("x",bx+10);q.setAttribute("y",y+o)}
t.textContent=p[2];u.textContent=p[3]+"  \\u2193 "+p[4]};
area.addEventListener("pointermove",show);area.addEventListener("pointerleave",()=>g.style.display="none")}
"""

# A flyball governor: two balls on arms that rise with the speed of the shaft.
LOGO: Final = (
    '<svg viewBox="0 0 48 48" role="img" aria-label="A flyball governor" fill="none" stroke="currentColor"'
    ' stroke-width="2.4" stroke-linecap="round"><path d="M24 5v38M17 43h14M24 9 9 24M24 9l15 15M13.5 19.5 24 33'
    'M34.500 19.500 24 33"/><circle cx="8" cy="25.500" r="5" fill="currentColor"/>'
    '<circle cx="40" cy="25.500" r="5" fill="currentColor"/><rect x="20" y="31" width="8" height="5" rx="1.500"'
    ' fill="currentColor"/></svg>'
)
