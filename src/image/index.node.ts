// Everything of index.ts, and image files: decoding JPEG, PNG, WebP and TIFF, writing PNG.

export * from './decode.node.ts'
export * from './encode.node.ts'
export * from './index.ts'
