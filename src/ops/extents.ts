// Which numbers can be extents and positions of axes.

/** Whole numbers >= 0. */
export function areExtents(numbers: readonly number[]): boolean {
  return numbers.every((number) => Number.isSafeInteger(number) && number >= 0)
}
