// The table of formats of weights: how each is recognised, read and written. A new format is a new row.

import { isWeightsLayout, type WeightsLayout } from './layout.ts'
import { layoutKey } from './layout-mark.ts'
import { isNpy, readNpy } from './npy.ts'
import { readNpz, writeNpz } from './npz.ts'
import { isOnnx, readModel } from './onnx/read-model.ts'
import { isPytorch, readPytorch } from './pytorch/read-pytorch.ts'
import { openSafetensorsRanges, readSafetensors, type Safetensors, writeSafetensors } from './safetensors.ts'
import type { WeightsContents, WeightsFormat } from './weights-file.ts'
import { isZip } from './zip.ts'

/** How the comment of a .npz archive says it. */
const commentBeginning = 'ocellus layout: '

const safetensors: WeightsFormat = {
  name: 'safetensors',
  endings: ['.safetensors'],
  // The length of the header could be anything in a damaged file, the brace that opens it follows at byte 8.
  recognises: (bytes) => bytes[8] === 0x7b,
  read: (bytes, { file }) => withLayout(readSafetensors(bytes, { file })),
  open: (source, { file }) => withLayout(openSafetensorsRanges(source, { file })),
  write({ tensors, layout, metadata }) {
    const marks: Record<string, string> = layout === undefined ? {} : { [layoutKey]: layout }
    // What PyTorch's own loaders ask for.
    if (layout === 'pytorch') marks.format = 'pt'
    return writeSafetensors(tensors, { ...metadata, ...marks })
  },
}

function withLayout({ tensors, metadata }: Safetensors): WeightsContents {
  const marked = metadata[layoutKey]
  const known: WeightsLayout | undefined = metadata.format === 'pt' ? 'pytorch' : undefined
  return { tensors, metadata, layout: isWeightsLayout(marked) ? marked : known }
}

const npy: WeightsFormat = {
  name: 'npy',
  endings: ['.npy'],
  recognises: isNpy,
  read: (bytes, { file }) => ({ tensors: new Map([[nameIn(file), readNpy(bytes, { file })]]), layout: undefined }),
}

const pytorch: WeightsFormat = {
  name: 'pytorch',
  endings: ['.pth', '.pt', '.th'],
  recognises: isPytorch,
  hasEntries: true,
  read: (bytes, { file, entry }) => ({
    ...readPytorch(bytes, entry === undefined ? { file } : { file, entry }),
    layout: 'pytorch',
  }),
}

/** The constants of a network; `readOnnx` gives the network itself. */
const onnx: WeightsFormat = {
  name: 'onnx',
  endings: ['.onnx'],
  recognises: isOnnx,
  read(bytes, { file }) {
    const { initializers, metadata, notes } = readModel(bytes, file)
    const marked = metadata[layoutKey]
    return { tensors: initializers, metadata, notes, layout: isWeightsLayout(marked) ? marked : undefined }
  },
}

/** Every archive that is not PyTorch's is taken for NumPy's, whose reader says what is wrong with it. */
const npz: WeightsFormat = {
  name: 'npz',
  endings: ['.npz'],
  recognises: isZip,
  read(bytes, { file }) {
    const { tensors, comment } = readNpz(bytes, { file })
    const marked = comment.startsWith(commentBeginning) ? comment.slice(commentBeginning.length) : undefined
    return { tensors, layout: isWeightsLayout(marked) ? marked : undefined }
  },
  write: ({ tensors, layout }) => writeNpz(tensors, layout === undefined ? '' : `${commentBeginning}${layout}`),
}

/** All formats, in the order in which they are tried. */
export const weightsFormats: readonly WeightsFormat[] = [safetensors, npy, pytorch, npz, onnx]

/** The name of the tensor in a file of one: that of the file, without folders and ending. */
export function nameIn(file: string): string {
  return file.replace(/^.*[/\\]/, '').replace(/\.npy$/, '')
}
