// Pictures out of memory: PNG bytes, or a PNG file, of gray, binary and RGB pictures.

import { writeFile } from 'node:fs/promises'
import { OcellusError } from '../core/errors.ts'
import { loadCodec } from './codec.node.ts'
import { binaryToGray, toBytes } from './gray.ts'
import type { Image } from './image.ts'

/** The picture as the bytes of a PNG file, 8 bits per channel; ink of a binary picture is black on white. */
export async function encodePng(image: Image): Promise<Uint8Array> {
  const { width, height } = image
  const channels = image.kind === 'rgb' ? 3 : 1
  const data = image.kind === 'rgb' ? image.data : (image.kind === 'binary' ? binaryToGray(image) : toBytes(image)).data
  const sharp = await loadCodec()
  const raw = sharp(data, { raw: { width, height, channels }, limitInputPixels: false })
  return (channels === 1 ? raw.toColourspace('b-w') : raw).png({ compressionLevel: 6 }).toBuffer()
}

/** Writes the picture as a PNG file. Throws OcellusError if the file cannot be written. */
export async function writePng(path: string, image: Image): Promise<void> {
  const bytes = await encodePng(image)
  await writeFile(path, bytes).catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
    throw new OcellusError(`${path} cannot be written${code}; choose a folder that exists and may be written to`, {
      cause,
    })
  })
}
