// What commands print of names that come out of files: a name must neither move the cursor, nor recolour a terminal, nor begin a line of its own.

/** Control characters, ends of lines that are none in ASCII, and marks that turn the direction of text round. */
const unprintable = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** Text as one line that is safe to print: what a terminal would obey is written out, as `\x1b` or `\u202e`. */
export function printable(text: string): string {
  return text.replace(unprintable, (character) => {
    const code = character.charCodeAt(0)
    const digits = code.toString(16)
    return short[character] ?? (code < 256 ? `\\x${digits.padStart(2, '0')}` : `\\u${digits.padStart(4, '0')}`)
  })
}

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** A value as JSON over several lines. JSON's own rules escape less than a terminal obeys. */
export function jsonText(value: unknown, replacer?: (key: string, value: unknown) => unknown): string {
  const text = JSON.stringify(value, replacer, 2)
  return text.replace(/[^\P{Cc}\n]|[\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

/** A sentence on stderr that is no error: what was chosen, what is odd. */
export function remark(sentence: string): void {
  console.error(`ocellus: ${printable(sentence)}`)
}
