// Finds a key that occurs twice in one object of a JSON text: JSON.parse keeps the last one silently, which hides damage and tricks.

/**
 * The first key that repeats within its object, or undefined. `text` must be valid JSON.
 * Keys are compared after their escapes are resolved.
 */
export function duplicateKey(text: string): string | undefined {
  /** Keys of the objects that are open; undefined stands for an open array. */
  const open: (Set<string> | undefined)[] = []
  let latest = ''
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '"') {
      const end = closingQuote(text, at)
      latest = text.slice(at, end + 1)
      at = end
    } else if (character === '{') open.push(new Set())
    else if (character === '[') open.push(undefined)
    else if (character === '}' || character === ']') open.pop()
    else if (character === ':') {
      const key: unknown = JSON.parse(latest)
      const keys = open.at(-1)
      if (typeof key !== 'string' || keys === undefined) continue
      if (keys.has(key)) return key
      keys.add(key)
    }
  }
  return undefined
}

/** Position of the quote that ends the string which begins at `start`. */
function closingQuote(text: string, start: number): number {
  let at = start + 1
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at
}
