// The continuation of a line beyond its ends by reflection.

/** Index of a mirrored line without repeating the border: ... 2 1 | 0 1 2 ... n-1 | n-2 n-3 ... */
export function mirror(index: number, length: number): number {
  if (length === 1) return 0
  const period = 2 * (length - 1)
  const at = ((index % period) + period) % period
  return at < length ? at : period - at
}
