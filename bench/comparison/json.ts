// JSON as the repository's formatter writes it: arrays of numbers and texts in one line where they fit.

const width = 120
const plain = '(?:"(?:[^"\\\\]|\\\\.)*"|-?[\\d.e+-]+)'
const simpleArray = new RegExp(`^(.*)\\[\\n\\s+(${plain}(?:,\\n\\s+${plain})*)\\n\\s+\\](,?)$`, 'gm')

export function asJson(value: unknown): string {
  const text = JSON.stringify(value, undefined, 2).replace(
    simpleArray,
    (whole, before: string, items: string, after: string) => {
      const line = `${before}[${items.replace(/,\n\s+/g, ', ')}]${after}`
      return line.length <= width ? line : whole
    },
  )
  return `${text}\n`
}
