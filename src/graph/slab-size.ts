// How large the slabs of a kernel are.

/** Positions of a kernel's loops, multiply-adds of a product: with fewer it takes a few microseconds, and is worth no slabs. */
export const leastWork: number = 2 ** 15

/** Enough for the threads of most machines, few enough that each is worth its loop. */
const mostSlabs = 64

/**
 * Positions of an axis that one slab takes: the smallest number of at least `least` that is a multiple of `multiple`, divides `extent` and gives no
 * more than `most` slabs, 64 when absent. Undefined where that leaves fewer than two slabs.
 */
export function chooseBlock(
  extent: number,
  { least, multiple, most = mostSlabs }: { readonly least: number; readonly multiple: number; readonly most?: number },
): number | undefined {
  for (let slabs = Math.min(most, Math.floor(extent / least)); slabs >= 2; slabs--) {
    if (extent % slabs === 0 && (extent / slabs) % multiple === 0) return extent / slabs
  }
  return undefined
}
