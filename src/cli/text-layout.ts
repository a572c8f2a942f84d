// How prose and pairs of columns fit the width of a terminal.

/** The width that help is written for: that of the terminal, else 80. */
export function outputWidth(stream: Pick<NodeJS.WriteStream, 'columns'> = process.stdout): number {
  return Math.max(40, stream.columns || 80)
}

/** Words over lines of at most `width` characters; a longer word has a line of its own. */
export function wrapWords(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}

/** Paragraphs, which empty lines divide, each over lines of at most `width` characters. */
export function wrapParagraphs(text: string, width: number): string {
  const paragraphs = text.trim().split(/\n\s*\n/)
  return paragraphs.map((paragraph) => wrapWords(paragraph, width).join('\n')).join('\n\n')
}

/** Pairs as two columns, indented by two; where a line would be too long, what stands on the right goes below instead. */
export function pairLines(pairs: readonly (readonly [left: string, right: string])[], width: number): string[] {
  const leftWidth = Math.max(...pairs.map(([left]) => left.length))
  const lines = pairs.map(([left, right]) => `  ${left.padEnd(leftWidth)}  ${right}`.trimEnd())
  if (lines.every((line) => line.length <= width)) return lines
  const below = '      '
  return pairs.flatMap(([left, right]) => [
    `  ${left}`,
    ...wrapWords(right, width - below.length).map((line) => below + line),
  ])
}
