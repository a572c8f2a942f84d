// A drawn page as files: NAME.jpg, its text NAME.txt, and the truth with the box of every letter NAME.json.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import type { RgbImage } from '../../src/image/image.ts'
import type { DrawnPage } from './draw-page.ts'

export interface WriteOptions {
  readonly folder: string
  readonly name: string
  /** Of the JPEG, 1 to 100. */
  readonly quality: number
  /** Further fields of the JSON file. */
  readonly notes?: Readonly<Record<string, unknown>>
}

/** Writes the three files; the folder is made where it does not exist. */
export async function writePage(
  { image, truth }: DrawnPage,
  { folder, name, quality, notes }: WriteOptions,
): Promise<void> {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${name}.jpg`), await encodeJpeg(image, quality))
  writeFileSync(join(folder, `${name}.txt`), `${truth.text}\n`)
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify({ image: `${name}.jpg`, ...notes, ...truth })}\n`)
}

function encodeJpeg({ width, height, data }: RgbImage, quality: number): Promise<Uint8Array> {
  return sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false })
    .jpeg({ quality })
    .toBuffer()
}
