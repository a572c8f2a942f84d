// Plain text tables for reports: columns as wide as their widest cell, numbers to the right.

/** One column: its title, and whether cells align right, as numbers do. */
export interface Column {
  readonly title: string
  readonly right?: boolean
}

/** Lines of a table with a title row; `footer` rows stand below a rule. */
export function textTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  footer: readonly (readonly string[])[] = [],
): string {
  const all = [columns.map(({ title }) => title), ...rows, ...footer]
  const widths = columns.map((_, i) => Math.max(...all.map((row) => (row[i] ?? '').length)))
  const line = (row: readonly string[]): string =>
    columns
      .map(({ right }, i) => {
        const cell = row[i] ?? ''
        const width = widths[i] as number
        return right ? cell.padStart(width) : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd()
  const rule = widths.map((width) => '-'.repeat(width)).join('  ')
  const [head, ...body] = [all[0] as readonly string[], ...rows].map(line)
  return [head, rule, ...body, ...(footer.length > 0 ? [rule, ...footer.map(line)] : [])].join('\n')
}
