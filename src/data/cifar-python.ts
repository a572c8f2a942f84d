// CIFAR-10 and CIFAR-100, Python version: a pickled dictionary of labels and an array [N, 3072] of planes. Nothing of Python is run.
// Source: A. Krizhevsky, https://www.cs.toronto.edu/~kriz/cifar.html; NumPy's ndarray.__reduce__.

import { FormatError } from '../core/errors.ts'
import { formatShape, sizeOf } from '../core/shape.ts'
import { interleave } from './cifar.ts'
import { Dataset } from './dataset.ts'
import { InflateSource, isGzip } from './formats/inflate-source.ts'
import { kindOfValue, PickleGlobal, PickleObject, PickleTuple, type PickleValue } from './formats/pickle-values.ts'
import { unpickle } from './formats/unpickler.ts'

export interface CifarPythonOptions {
  /** Names of the classes. */
  readonly classes: readonly string[]
  /** Name of the list of labels (default 'labels'; CIFAR-100 has 'fine_labels' and 'coarse_labels'). */
  readonly labels?: string
  /** Name of the file, for messages. */
  readonly file?: string
}

const side = 32
const pictureBytes = 3 * side * side

/** The batches take 31 or 155 MB; what inflates to more than this is none. */
const mostBytes = 2 ** 30

/** NumPy's type of elements; bytes are the only one that is read. */
class BytesType extends PickleObject {
  override readonly kind = 'the dtype u1'

  override build(): boolean {
    return true
  }
}

/** An array of NumPy: its shape and bytes come with its state. */
class BytesArray extends PickleObject {
  override readonly kind = 'an array of NumPy'
  shape: readonly number[] = [0]
  bytes: Uint8Array = new Uint8Array(0)

  /** The state is (version, shape, dtype, whether columns come first, bytes). */
  override build(state: PickleValue): boolean {
    if (!(state instanceof PickleTuple)) return false
    const [, shape, dtype, columnsFirst, data] = state.items
    if (!(shape instanceof PickleTuple) || !(dtype instanceof BytesType) || columnsFirst !== false) return false
    const extents = shape.items.filter((extent) => typeof extent === 'number')
    // Python 2 pickled bytes as a text.
    const bytes = typeof data === 'string' ? bytesOf(data) : data
    if (extents.length !== shape.items.length || !(bytes instanceof Uint8Array)) return false
    this.shape = extents
    this.bytes = bytes
    return bytes.length === sizeOf(extents)
  }
}

const globals: Readonly<Record<string, PickleGlobal>> = Object.fromEntries(
  [
    ...['numpy.core.multiarray._reconstruct', 'numpy._core.multiarray._reconstruct'].map(
      (name) => new PickleGlobal(name, () => new BytesArray()),
    ),
    new PickleGlobal('numpy.ndarray'),
    new PickleGlobal('numpy.dtype', ([name]) => (name === 'u1' || name === '|u1' ? new BytesType() : undefined)),
    // How Python 3 writes bytes in protocol 2: as a text to be encoded.
    new PickleGlobal('_codecs.encode', ([text]) => (typeof text === 'string' ? bytesOf(text) : undefined)),
  ].map((global) => [global.name, global]),
)

/**
 * Reads a batch of the Python version, plain or gzip: pictures [N, 32, 32, 3] as bytes.
 * Throws FormatError where the pickle is damaged, names anything but NumPy arrays of bytes, or holds something else than pictures and labels.
 */
export function readCifarPython(bytes: Uint8Array, options: CifarPythonOptions): Dataset {
  const { classes, labels: labelsName = 'labels', file = 'CIFAR batch' } = options
  const content = isGzip(bytes) ? new InflateSource(bytes, 'gzip', file, 'gzip').rest(mostBytes, 'pickle') : bytes
  const refuse = (field: string, problem: string): FormatError => new FormatError(`${file}: ${field}: ${problem}`)
  const { value } = unpickle(content, 0, {
    file,
    field: 'pickle',
    global: (home, name) => {
      const full = `${home}.${name}`
      if (Object.hasOwn(globals, full)) return globals[full]
      throw refuse('pickle', `${JSON.stringify(full.slice(0, 200))} is nothing that a CIFAR batch has; it is not run`)
    },
    persistent: () => undefined,
  })
  if (!(value instanceof Map)) throw refuse('pickle', `expected a dictionary, found ${kindOfValue(value)}`)
  const entries = new Map([...value].map(([key, entry]) => [key instanceof Uint8Array ? textOf(key) : key, entry]))
  const entry = (name: string): PickleValue => {
    const found = entries.get(name)
    if (found !== undefined) return found
    throw refuse(name, `it is missing, the batch holds ${[...entries.keys()].join(', ') || 'nothing'}`)
  }
  const pictures = entry('data')
  if (!(pictures instanceof BytesArray) || pictures.shape.length !== 2 || pictures.shape[1] !== pictureBytes) {
    const found = pictures instanceof BytesArray ? formatShape(pictures.shape) : kindOfValue(pictures)
    throw refuse('data', `expected an array [N, ${pictureBytes}] of bytes, found ${found}`)
  }
  const [samples = 0] = pictures.shape
  const list = entry(labelsName)
  if (!Array.isArray(list) || list.length !== samples) {
    const found = Array.isArray(list) ? `${list.length} of them` : kindOfValue(list)
    throw refuse(labelsName, `expected ${samples} labels, one per picture, found ${found}`)
  }
  const wrong = list.findIndex(
    (label) => !(Number.isInteger(label) && Number(label) >= 0 && Number(label) < classes.length),
  )
  if (wrong >= 0) throw refuse(labelsName, `label ${wrong} is no class, expected 0 to ${classes.length - 1}`)
  const data = new Uint8Array(samples * pictureBytes)
  for (let start = 0; start < data.length; start += pictureBytes) interleave(pictures.bytes, start, data, start)
  return new Dataset({
    inputs: { data, shape: [samples, side, side, 3] },
    labels: Int32Array.from(list, Number),
    classes,
  })
}

/** One byte per character; undefined where a character is none. */
function bytesOf(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 255) return undefined
    bytes[i] = code
  }
  return bytes
}

function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(0, 1000))
}
