// Image files into memory: JPEG, PNG, WebP and TIFF, turned upright by their EXIF orientation, transparency laid on
// white. The header is read and judged before any pixel is decoded, so a hostile file costs neither memory nor time.

import { open, stat } from 'node:fs/promises'
import { FormatError } from '../core/errors.ts'
import { type Codec, loadCodec } from './codec.node.ts'
import { toGrayInto } from './gray.ts'
import { type GrayImage, grayImage, type RgbImage, rgbImage } from './image.ts'

/** File formats that can be decoded. */
export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'tiff'

/** What to decode: a path, or the bytes of a file. */
export type ImageSource = string | Uint8Array

export interface DecodeOptions {
  /** Largest picture that is decoded, in megapixels (millions of pixels). Default 200. */
  readonly maxMegapixels?: number
  /** Name of the file in error messages when the source is bytes. Default 'image'. */
  readonly name?: string
}

/** What the header of an image file says. Width and height are those of the upright picture. */
export interface ImageHeader {
  readonly format: ImageFormat
  readonly width: number
  readonly height: number
  /** EXIF orientation, 1 to 8; 1 is upright. */
  readonly orientation: number
}

/**
 * Decodes to brightness, one byte per pixel (weights as `toGray`).
 * Throws FormatError, naming the file, if it is missing, empty, truncated, not an image, or too large.
 */
export async function decodeGray(source: ImageSource, options: DecodeOptions = {}): Promise<GrayImage<Uint8Array>> {
  const { width, height, channels, data } = await decode(source, options)
  if (channels === 1) return grayImage(width, height, data)
  // The colour buffer dies here; its first third becomes the gray picture, so no second page is held while converting.
  toGrayInto(data, data.subarray(0, width * height))
  return grayImage(width, height, data.slice(0, width * height))
}

/** Decodes to RGB bytes. Throws FormatError as `decodeGray`. */
export async function decodeRgb(source: ImageSource, options: DecodeOptions = {}): Promise<RgbImage> {
  const { width, height, channels, data } = await decode(source, options)
  if (channels === 3) return rgbImage(width, height, data)
  const rgb = new Uint8Array(width * height * 3)
  for (let from = 0, to = 0; from < data.length; from++, to += 3) rgb.fill(data[from]!, to, to + 3)
  return rgbImage(width, height, rgb)
}

/** Reads only the header. Throws FormatError as `decodeGray`. */
export async function readImageHeader(source: ImageSource, options: DecodeOptions = {}): Promise<ImageHeader> {
  const name = nameOf(source, options)
  const format = await sniff(source, name)
  const sharp = await loadCodec()
  // The limit is judged below, with a message of its own.
  const metadata = await openWith(sharp, source, false)
    .metadata()
    .catch((cause: unknown) => {
      throw unreadable(name, format, cause)
    })
  const orientation = metadata.orientation ?? 1
  const turned = orientation >= 5
  const width = turned ? metadata.height : metadata.width
  const height = turned ? metadata.width : metadata.height
  if (!(width > 0 && height > 0)) throw new FormatError(`${name} has no pixels: its header says ${width}x${height}`)
  const limit = options.maxMegapixels ?? 200
  if (width * height > limit * 1e6) {
    throw new FormatError(
      `${name} claims ${width}x${height} pixels, more than the limit of ${limit} megapixels; raise maxMegapixels to decode it all the same`,
    )
  }
  return { format, width, height, orientation }
}

interface Decoded {
  readonly width: number
  readonly height: number
  readonly channels: 1 | 3
  readonly data: Uint8Array
}

async function decode(source: ImageSource, options: DecodeOptions): Promise<Decoded> {
  const name = nameOf(source, options)
  const header = await readImageHeader(source, options)
  const sharp = await loadCodec()
  const opened = openWith(sharp, source, header.width * header.height)
  const decoded = await opened
    .autoOrient()
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch((cause: unknown) => {
      throw unreadable(name, header.format, cause)
    })
  const { width, height, channels } = decoded.info
  if (channels !== 1 && channels !== 3) {
    throw new FormatError(`${name} has ${channels} channels per pixel; save it as gray or RGB`)
  }
  const { buffer, byteOffset, length } = decoded.data
  return { width, height, channels, data: new Uint8Array(buffer, byteOffset, length) }
}

function openWith(sharp: Codec, source: ImageSource, limitInputPixels: number | false): ReturnType<Codec> {
  // 'error' refuses truncated and damaged files, but not those with mere warnings (odd metadata, extra bytes).
  return sharp(source, { failOn: 'error', limitInputPixels, sequentialRead: true })
}

function nameOf(source: ImageSource, options: DecodeOptions): string {
  return typeof source === 'string' ? source : (options.name ?? 'image')
}

async function sniff(source: ImageSource, name: string): Promise<ImageFormat> {
  const head = typeof source === 'string' ? await readHead(source) : source.subarray(0, 16)
  if (head.length === 0) throw new FormatError(`${name} is empty`)
  const format = formatOf(head)
  if (format === undefined) {
    throw new FormatError(`${name} is not an image that can be read; the formats are JPEG, PNG, WebP and TIFF`)
  }
  return format
}

async function readHead(path: string): Promise<Uint8Array> {
  try {
    const status = await stat(path)
    if (!status.isFile() && !status.isDirectory()) throw new FormatError(`${path} is not a file but a device or pipe`)
    const file = await open(path)
    try {
      const { buffer, bytesRead } = await file.read(new Uint8Array(16), 0, 16, 0)
      return buffer.subarray(0, bytesRead)
    } finally {
      await file.close()
    }
  } catch (cause) {
    if (cause instanceof FormatError) throw cause
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    if (code === 'ENOENT') throw new FormatError(`${path} does not exist`)
    if (code === 'EISDIR') throw new FormatError(`${path} is a folder, not an image file`)
    if (code === 'EACCES') throw new FormatError(`${path} cannot be opened: permission denied`)
    throw new FormatError(`${path} cannot be opened${typeof code === 'string' ? ` (${code})` : ''}`, { cause })
  }
}

function formatOf(head: Uint8Array): ImageFormat | undefined {
  const starts = (...bytes: (number | undefined)[]): boolean =>
    bytes.every((byte, i) => byte === undefined || byte === head[i])
  const skip = undefined
  if (starts(0xff, 0xd8, 0xff)) return 'jpeg'
  if (starts(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return 'png'
  if (starts(0x52, 0x49, 0x46, 0x46, skip, skip, skip, skip, 0x57, 0x45, 0x42, 0x50)) return 'webp'
  if (starts(0x49, 0x49, 0x2a, 0x00) || starts(0x4d, 0x4d, 0x00, 0x2a)) return 'tiff'
  if (starts(0x49, 0x49, 0x2b, 0x00) || starts(0x4d, 0x4d, 0x00, 0x2b)) return 'tiff'
  return undefined
}

function unreadable(name: string, format: ImageFormat, cause: unknown): FormatError {
  const detail = cause instanceof Error ? (cause.message.split('\n')[0] ?? '').trim() : String(cause)
  return new FormatError(`${name} is a damaged or truncated ${format.toUpperCase()} file (${detail})`, { cause })
}
