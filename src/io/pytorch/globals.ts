// The names that a PyTorch file may use: those that build tensors, plain containers and NumPy's scalars. Everything else is unknown.
// Source: torch/_utils.py and torch/_weights_only_unpickler.py of PyTorch 2.13.

import { PickleGlobal, PickleTuple, type PickleValue } from '../../data/formats/pickle-values.ts'
import type { StoredTypeName } from '../stored-types.ts'
import { numpyGlobals } from './numpy-scalar.ts'
import { Storage, TensorView } from './storage.ts'

/** Classes of storages, which say the type of the elements; `torch.cuda` has the same ones. */
const storageTypes: Readonly<Record<string, StoredTypeName>> = {
  DoubleStorage: 'F64',
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
}

/** Element types of tensors whose storage has none. */
const dtypes: Readonly<Record<string, StoredTypeName>> = {
  float64: 'F64',
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
  int64: 'I64',
  uint64: 'U64',
  int32: 'I32',
  uint32: 'U32',
  int16: 'I16',
  uint16: 'U16',
  int8: 'I8',
  uint8: 'U8',
  bool: 'BOOL',
}

/** Name of the class of storages without a type. */
const untyped = 'torch.storage.UntypedStorage'

const table: ReadonlyMap<string, PickleGlobal> = new Map(
  [
    ...Object.keys(storageTypes).flatMap((name) => [
      new PickleGlobal(`torch.${name}`),
      new PickleGlobal(`torch.cuda.${name}`),
    ]),
    new PickleGlobal(untyped),
    new PickleGlobal('torch.UntypedStorage'),
    ...Object.keys(dtypes).map((name) => new PickleGlobal(`torch.${name}`)),
    new PickleGlobal('torch.Tensor'),
    new PickleGlobal('torch.nn.parameter.Parameter'),
    new PickleGlobal('torch._utils._rebuild_tensor', ([storage, offset, size, stride]) =>
      rebuildTensor(storage, offset, size, stride),
    ),
    new PickleGlobal('torch._utils._rebuild_tensor_v2', ([storage, offset, size, stride]) =>
      rebuildTensor(storage, offset, size, stride),
    ),
    new PickleGlobal('torch._utils._rebuild_tensor_v3', ([storage, offset, size, stride, , , dtype]) =>
      rebuildTensor(storage, offset, size, stride, dtype),
    ),
    new PickleGlobal('torch._utils._rebuild_parameter', ([tensor]) => tensorOrNothing(tensor)),
    new PickleGlobal('torch._utils._rebuild_parameter_with_state', ([tensor]) => tensorOrNothing(tensor)),
    // A tensor with attributes of its own: the function that builds it, its class, and the arguments.
    new PickleGlobal('torch._tensor._rebuild_from_type_v2', ([build, , args]) =>
      build instanceof PickleGlobal && args instanceof PickleTuple && build.name.startsWith('torch._utils.')
        ? tensorOrNothing(build.call?.(args.items))
        : undefined,
    ),
    new PickleGlobal('torch.Size', ([extents]) => (extents instanceof PickleTuple ? extents : undefined)),
    new PickleGlobal('torch.device', ([kind]) => (typeof kind === 'string' ? kind : undefined)),
    new PickleGlobal('collections.OrderedDict', (args) => dictionary(args)),
    new PickleGlobal('collections.Counter', (args) => dictionary(args)),
    ...['builtins.set', '__builtin__.set'].map((name) => new PickleGlobal(name, ([items]) => set(items))),
    ...numpyGlobals,
  ].map((known) => [known.name, known]),
)

/** A name that is known, or undefined. */
export function pytorchGlobal(module: string, name: string): PickleGlobal | undefined {
  return table.get(`${module}.${name}`)
}

/** What the class of a storage says: the type of its elements, or that it has none; undefined for anything else. */
export function storageTypeOf(
  value: PickleValue | undefined,
): { readonly type: StoredTypeName | undefined } | undefined {
  if (!(value instanceof PickleGlobal)) return undefined
  if (value.name === untyped || value.name === 'torch.UntypedStorage') return { type: undefined }
  const type = storageTypes[value.name.replace(/^torch\.(cuda\.)?/, '')]
  return type === undefined ? undefined : { type }
}

function rebuildTensor(
  storage: PickleValue | undefined,
  offset: PickleValue | undefined,
  size: PickleValue | undefined,
  stride: PickleValue | undefined,
  dtype?: PickleValue,
): TensorView | undefined {
  const [shape, strides] = [countsIn(size), countsIn(stride)]
  if (!(storage instanceof Storage) || !isCount(offset) || shape === undefined || strides === undefined)
    return undefined
  const named = dtype instanceof PickleGlobal ? dtypes[dtype.name.replace(/^torch\./, '')] : undefined
  const type = named ?? storage.type
  if (type === undefined || shape.length !== strides.length) return undefined
  return new TensorView({ storage, type, shape, offset, strides })
}

function tensorOrNothing(value: PickleValue | undefined): TensorView | undefined {
  return value instanceof TensorView ? value : undefined
}

/** Of nothing, another dictionary, or a list of pairs, as old versions of Python save one. */
function dictionary([content, ...more]: readonly PickleValue[]): PickleValue | undefined {
  if (more.length > 0) return undefined
  if (content === undefined) return new Map()
  if (content instanceof Map) return new Map(content)
  if (!Array.isArray(content)) return undefined
  const made = new Map<PickleValue, PickleValue>()
  for (const pair of content) {
    const items = pair instanceof PickleTuple ? pair.items : Array.isArray(pair) ? pair : []
    const [key, value] = items
    if (items.length !== 2 || key === undefined || value === undefined || made.has(key)) return undefined
    made.set(key, value)
  }
  return made
}

function set(items: PickleValue | undefined): PickleValue | undefined {
  return Array.isArray(items) ? new Set(items) : undefined
}

function countsIn(value: PickleValue | undefined): number[] | undefined {
  return value instanceof PickleTuple && value.items.every(isCount) ? [...value.items] : undefined
}

function isCount(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
