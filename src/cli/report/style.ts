// The looks of reports: colours for light and dark, type, and layout from phone to desktop. No fonts or files from elsewhere.

import { Markup } from './markup.ts'

/** Colours by name, for light and for dark surroundings; each pair has enough contrast on its ground. */
const colours = `
:root {
  color-scheme: light dark;
  --ground: #fbfaf7; --card: #ffffff; --ink: #1c1b19; --faint: #66625a; --rule: #e4e0d7;
  --first: #1f5fbf; --second: #c2570c; --right: #1a7f4b; --wrong: #c0262d; --heat: 192 38 45; --diagonal: 31 95 191;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #161513; --card: #201f1c; --ink: #edeae3; --faint: #a39e93; --rule: #38352f;
    --first: #7fb2ff; --second: #ffa05c; --right: #5fd39a; --wrong: #ff7b7b; --heat: 226 78 78; --diagonal: 127 178 255;
  }
}`

const typeface = `system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif`

/** Of charts, also outside a page. */
const charts = `
.chart text { font: 13px ${typeface}; fill: var(--ink); font-variant-numeric: tabular-nums; }
.chart .title { font-size: 15px; font-weight: 600; }
.chart .faint { fill: var(--faint); }
.chart .grid { stroke: var(--rule); stroke-width: 1; }
.chart .mark { stroke: var(--faint); stroke-width: 1; stroke-dasharray: 3 4; }
.chart .series-0, .chart .series-1 { fill: none; stroke: var(--first); stroke-width: 2.25; stroke-linejoin: round; stroke-linecap: round; }
.chart .series-1 { stroke: var(--second); }
.chart .dot.series-0 { fill: var(--first); } .chart .dot.series-1 { fill: var(--second); }
.ground { fill: var(--ground); }`

/** What a chart needs in a file of its own. */
export const chartStyle: Markup = new Markup(colours + charts)

/** What a page needs. */
export const pageStyle: Markup = new Markup(`${colours}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 17px/1.55 ${typeface}; }
main { max-width: 68rem; margin: 0 auto; padding: clamp(1.25rem, 4vw, 3.5rem) clamp(1rem, 4vw, 2.5rem) 3rem; }
h1 { font-size: clamp(1.75rem, 5vw, 2.75rem); line-height: 1.12; letter-spacing: -.02em; margin: .2rem 0 .8rem; text-wrap: balance; }
h2 { font-size: 1.35rem; line-height: 1.25; letter-spacing: -.01em; margin: 0 0 .35rem; }
p { margin: 0 0 1rem; max-width: 42rem; text-wrap: pretty; }
section { margin-top: clamp(2.25rem, 5vw, 3.5rem); }
figure { margin: 0; min-width: 0; }
figcaption { color: var(--faint); font-size: .9rem; margin-top: .45rem; }
svg, img { display: block; max-width: 100%; height: auto; }
svg.chart { width: 100%; }
.eyebrow { color: var(--faint); font-size: .9rem; margin: 0; }
.card { background: var(--card); border: 1px solid var(--rule); border-radius: .75rem; padding: clamp(.75rem, 2vw, 1.25rem); }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .75rem; margin: 1.5rem 0 0; padding: 0; }
.facts div { display: flex; flex-direction: column; }
.facts dt { color: var(--faint); font-size: .9rem; order: 2; line-height: 1.35; }
.facts dd { margin: 0; font-size: 1.65rem; line-height: 1.25; font-weight: 650; letter-spacing: -.02em; font-variant-numeric: tabular-nums; }
.pair { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 24rem), 1fr)); }
.wide { overflow-x: auto; }
.reading { display: grid; gap: 1rem; grid-template-columns: minmax(0, 1fr); align-items: start; }
@media (min-width: 60rem) { .reading { grid-template-columns: minmax(0, 1fr) 19rem; } }
.text { font: 500 1.02rem/1.9 ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, monospace; margin: 0; padding: 0; list-style: none; overflow-wrap: anywhere; }
.text mark { background: none; color: var(--wrong); font-weight: 700; text-decoration: underline; text-underline-offset: .2em; }
.page { border-radius: .4rem; overflow: hidden; width: 100%; }
.page rect { fill: transparent; stroke-width: 4; vector-effect: non-scaling-stroke; stroke-width: 1.5; }
.page text { font: 700 46px ${typeface}; text-anchor: middle; paint-order: stroke; stroke: #fff; stroke-width: 8px; stroke-linejoin: round; }
.page .is-right rect { stroke: #1a7f4b; } .page .is-right text { fill: #1a7f4b; }
.page .is-wrong rect { stroke: #c0262d; stroke-width: 2.5; } .page .is-wrong text { fill: #c0262d; }
.weights { image-rendering: pixelated; width: 100%; border-radius: .3rem; }
.matrix { width: 100%; margin: 0 auto; }
.matrix text { font-family: ${typeface}; fill: var(--ink); text-anchor: middle; }
.matrix .names { font-size: 11px; font-weight: 600; }
.matrix .names.long { font-size: 9px; }
.matrix .count { font-size: 8.5px; font-weight: 500; }
.matrix .axis { fill: var(--faint); font-weight: 500; font-size: 12px; }
.matrix .cell { stroke: var(--rule); stroke-width: .5; fill: none; }
@media (max-width: 40rem) { .matrix.crowded .names, .matrix.crowded .axis { font-size: 15px; } .matrix.crowded .names.long { font-size: 10.5px; } .matrix.crowded .count { display: none; } }
h3 { font-size: 1.05rem; line-height: 1.3; margin: 0 0 .5rem; }
.mistakes { display: grid; gap: 1.5rem 2rem; grid-template-columns: minmax(0, 1fr); align-items: start; }
@media (min-width: 64rem) { .mistakes { grid-template-columns: minmax(0, 42rem) minmax(0, 1fr); } }
.pairs { list-style: none; margin: 0; padding: 0; display: grid; gap: .9rem 2rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); }
.pairs li { display: grid; grid-template-columns: 4.2rem 1fr; gap: .1rem .75rem; align-items: center; }
.pairs b { font: 650 1.35rem/1.2 ui-monospace, 'SF Mono', Menlo, Consolas, monospace; white-space: nowrap; }
.pairs span { color: var(--faint); font-size: .9rem; line-height: 1.35; }
.pairs img { grid-column: 1 / -1; height: 2.4rem; width: auto; image-rendering: auto; border-radius: .25rem; border: 1px solid var(--rule); background: #fff; }
table { border-collapse: collapse; font-size: .95rem; font-variant-numeric: tabular-nums; width: 100%; }
td, th { text-align: left; padding: .4rem 1rem .4rem 0; border-bottom: 1px solid var(--rule); vertical-align: top; font-weight: 400; }
tr:last-child > * { border-bottom: 0; }
th { color: var(--faint); white-space: nowrap; width: 1%; }
code { font: .92em ui-monospace, 'SF Mono', Menlo, Consolas, monospace; }
footer { margin-top: 3rem; color: var(--faint); font-size: .9rem; }
@media (prefers-color-scheme: dark) {
  .weights { filter: invert(.91) hue-rotate(180deg); }
  .page image { filter: brightness(.88); }
}
${charts}`)
