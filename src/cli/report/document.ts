// The frame of a report: one HTML file that needs nothing from elsewhere.

import { type Markup, markup } from './markup.ts'
import { pageStyle } from './style.ts'

/** A number that matters, and what it is. */
export interface Fact {
  readonly value: string
  readonly label: string
}

export interface DocumentOptions {
  readonly title: string
  /** A sentence or two under the title. */
  readonly lead: string
  readonly facts: readonly Fact[]
  readonly sections: readonly Markup[]
  /** How the report was made. */
  readonly footer: string
}

/** The text of an HTML file. */
export function htmlDocument({ title, lead, facts, sections, footer }: DocumentOptions): string {
  const page = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Ocellus</title>
<style>${pageStyle}</style>
</head>
<body>
<main>
<p class="eyebrow">Ocellus</p>
<h1>${title}</h1>
<p>${lead}</p>
<dl class="facts">
${facts.map(({ value, label }) => markup`<div class="card"><dt>${label}</dt><dd>${value}</dd></div>\n`)}</dl>
${sections}
<footer><p>${footer}</p></footer>
</main>
</body>
</html>
`
  return page.text
}

/** A part of a report under a heading. */
export function section(heading: string, introduction: string, ...contents: readonly (Markup | undefined)[]): Markup {
  return markup`<section>
<h2>${heading}</h2>
<p>${introduction}</p>
${contents}
</section>
`
}

/** Settings and the like, row by row. */
export function table(rows: readonly (readonly [label: string, value: string])[]): Markup {
  return markup`<div class="card"><table>${rows.map(([label, value]) => markup`<tr><th scope="row">${label}</th><td>${value}</td></tr>\n`)}</table></div>`
}
