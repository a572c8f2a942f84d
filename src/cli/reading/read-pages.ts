// What `ocellus read` does: image after image into text or JSON, and pictures with boxes.

import { stat } from 'node:fs/promises'
import { join, parse, resolve } from 'node:path'
import { UsageError } from '../../core/errors.ts'
import { decodeGray, decodeRgb } from '../../image/decode.node.ts'
import { writeFileAtomically } from '../../io/atomic-file.node.ts'
import type { Page } from '../../reader/page.ts'
import type { Reader } from '../../reader/reader.ts'
import { printError } from '../failures.ts'
import { makeFolder } from '../output-folder.ts'
import { printable, remark } from '../printing.ts'
import type { ReadFlags } from '../read.ts'
import { pageJson } from './page-json.ts'

/** Pages below this mean confidence are seldom right. */
const doubtful = 0.86

/** Reads and prints all images. Returns whether every one of them could be read; those that could not have been reported. */
export async function readPages(images: readonly string[], flags: ReadFlags): Promise<boolean> {
  const { format, boxes, model, maxMegapixels } = flags
  const overlay = boxes === undefined ? undefined : await overlayPaths(images, boxes)
  const reader = await openReader(model)
  const documents: string[] = []
  let failures = 0
  for (const image of images) {
    try {
      const page = await readImage(reader, image, { overlay: overlay?.get(image), maxMegapixels })
      if (page.lines.length === 0) remark(`${image}: no writing was found`)
      else if (model === undefined && page.confidence < doubtful) {
        remark(
          `${image}: much of this is uncertain (confidence ${page.confidence.toFixed(2)}); a page should be upright, with dark ink on light paper`,
        )
      }
      if (format === 'json') documents.push(pageJson(page, image))
      else printText(page, image, images)
    } catch (error) {
      failures++
      printError(error)
    }
  }
  if (format === 'json' && images.length === 1 && documents[0] !== undefined) console.log(documents[0])
  if (format === 'json' && images.length > 1) console.log(`[\n${documents.join(',\n')}\n]`)
  return failures === 0
}

/** The reader with the weights of the package, or with a network of the user's own. */
async function openReader(model: string | undefined): Promise<Reader> {
  if (model === undefined) {
    const { Reader } = await import('../../reader/reader.node.ts')
    return Reader.load()
  }
  const [{ Reader }, { loadClassifier }] = await Promise.all([
    import('../../reader/reader.ts'),
    import('../network/recognizer.ts'),
  ])
  return new Reader({ classifier: await loadClassifier(model) })
}

interface ImageOptions {
  /** Where the picture with boxes goes. */
  readonly overlay: string | undefined
  readonly maxMegapixels: number
}

async function readImage(reader: Reader, path: string, { overlay, maxMegapixels }: ImageOptions): Promise<Page> {
  if (overlay === undefined) return reader.read(await decodeGray(path, { maxMegapixels }))
  const image = await decodeRgb(path, { maxMegapixels })
  const page = reader.read(image)
  const [{ drawOverlay }, { encodePng }] = await Promise.all([
    import('../../reader/overlay.ts'),
    import('../../image/encode.node.ts'),
  ])
  await writeFileAtomically(overlay, await encodePng(drawOverlay(image, page)))
  return page
}

/** Where each image's picture with boxes goes. A folder is made if there are several images. */
async function overlayPaths(images: readonly string[], boxes: string): Promise<Map<string, string>> {
  const isFolder = (await stat(boxes).catch(() => undefined))?.isDirectory() === true
  const [first] = images
  if (images.length === 1 && !isFolder && first !== undefined) {
    const path = new Map([[first, boxes]])
    refuseOverwriting(images, path)
    return path
  }
  if (!isFolder && parse(boxes).ext !== '') {
    throw new UsageError(`--boxes ${boxes} is one file, but there are ${images.length} images; give a folder`)
  }
  const paths = new Map(images.map((image) => [image, join(boxes, `${parse(image).name}.png`)]))
  if (new Set(paths.values()).size < paths.size) {
    throw new UsageError(
      `two of the images have the same name, so that their pictures in ${boxes} would, too; read them one by one`,
    )
  }
  refuseOverwriting(images, paths)
  await makeFolder(boxes)
  return paths
}

/** A picture with boxes may not take the place of an image that is read. */
function refuseOverwriting(images: readonly string[], paths: ReadonlyMap<string, string>): void {
  const inputs = new Set(images.map((image) => resolve(image)))
  for (const path of paths.values()) {
    if (inputs.has(resolve(path)))
      throw new UsageError(`--boxes would write over the image ${path}; give another name or folder`)
  }
}

/** The text; with a line above that names the file where there are several, as `head` has it. */
function printText({ text }: Page, image: string, images: readonly string[]): void {
  if (images.length > 1) console.log(`${image === images[0] ? '' : '\n'}==> ${printable(image)} <==`)
  if (text !== '') console.log(text)
}
