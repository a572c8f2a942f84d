// The codec library (sharp, for Node), loaded when first needed and set to one thread without a cache, so that
// reading a page costs one core and no more memory than its pixels.

import { OcellusError } from '../core/errors.ts'

/** The function that opens an image: sharp's default export. */
export type Codec = typeof import('sharp').default

let codec: Promise<Codec> | undefined

/** The codec. Throws OcellusError if the package `sharp` is not installed for this machine. */
export function loadCodec(): Promise<Codec> {
  codec ??= import('sharp').then(
    ({ default: sharp }) => {
      sharp.concurrency(1)
      sharp.cache(false)
      return sharp
    },
    () => {
      codec = undefined
      throw new OcellusError(
        'Image files cannot be read or written because the package sharp is not installed for this machine; run: npm install sharp',
      )
    },
  )
  return codec
}
