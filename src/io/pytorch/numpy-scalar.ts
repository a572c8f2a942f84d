// NumPy's scalars, which checkpoints keep beside their tensors (best accuracy, learning rate): a dtype and the bytes of one value.

import { PickleGlobal, PickleObject, PickleTuple, type PickleValue } from '../../data/formats/pickle-values.ts'

type Reader = (view: DataView, littleEndian: boolean) => number | bigint | boolean

const readers: Readonly<Record<string, readonly [bytes: number, read: Reader]>> = {
  f8: [8, (view, little) => view.getFloat64(0, little)],
  f4: [4, (view, little) => view.getFloat32(0, little)],
  i8: [8, (view, little) => view.getBigInt64(0, little)],
  u8: [8, (view, little) => view.getBigUint64(0, little)],
  i4: [4, (view, little) => view.getInt32(0, little)],
  u4: [4, (view, little) => view.getUint32(0, little)],
  i2: [2, (view, little) => view.getInt16(0, little)],
  u2: [2, (view, little) => view.getUint16(0, little)],
  i1: [1, (view) => view.getInt8(0)],
  u1: [1, (view) => view.getUint8(0)],
  b1: [1, (view) => view.getUint8(0) !== 0],
}

/** A type of elements; the order of its bytes comes with its state. */
class NumpyDType extends PickleObject {
  override readonly kind = 'a dtype of NumPy'
  readonly name: string
  #littleEndian = true

  constructor(name: string) {
    super()
    this.name = name
  }

  /** The state is (version, order of the bytes, ..). */
  override build(state: PickleValue): boolean {
    if (!(state instanceof PickleTuple)) return false
    this.#littleEndian = state.items[1] !== '>'
    return true
  }

  /** The value of the bytes, or undefined where they are not of this type. */
  read(bytes: Uint8Array): PickleValue | undefined {
    const [length, read] = readers[this.name] ?? []
    if (read === undefined || bytes.length !== length) return undefined
    const value = read(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), this.#littleEndian)
    return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value
  }
}

export const numpyGlobals: readonly PickleGlobal[] = [
  new PickleGlobal('numpy.dtype', ([name]) =>
    typeof name === 'string' && Object.hasOwn(readers, name) ? new NumpyDType(name) : undefined,
  ),
  ...['numpy.core.multiarray.scalar', 'numpy._core.multiarray.scalar'].map(
    (scalar) =>
      new PickleGlobal(scalar, ([dtype, value]) => {
        const bytes = typeof value === 'string' ? latin1(value) : value
        return dtype instanceof NumpyDType && bytes instanceof Uint8Array ? dtype.read(bytes) : undefined
      }),
  ),
  // How Python 3 writes bytes in protocol 2: as a text to be encoded.
  new PickleGlobal('_codecs.encode', ([text, encoding]) =>
    typeof text === 'string' && encoding === 'latin1' ? latin1(text) : undefined,
  ),
]

function latin1(text: string): Uint8Array | undefined {
  const codes = Array.from(text, (character) => character.codePointAt(0) as number)
  return codes.every((code) => code < 256) ? Uint8Array.from(codes) : undefined
}
