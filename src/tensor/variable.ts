// Variable: a tensor with memory of its own on the device. `assign` is the only change of state there is.

import type { DType, TypedArray } from '../core/dtype.ts'
import { DTypeError, ShapeError, UsageError } from '../core/errors.ts'
import { equalShapes, formatShape, type Shape, sizeOf } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import type { Device, Storage } from '../devices/device.ts'
import { currentDevice } from '../devices/registry.ts'
import {
  type ArrayNode,
  arrayNode,
  constantOf,
  lateArrayNode,
  type Node,
  type VariableNode,
  type VariableState,
} from '../ops/node.ts'
import { kindOf, notATensor } from './checks.ts'
import { checkHostArray, valuesInDType } from './host-values.ts'
import { assignNow } from './realize.ts'
import { Tensor } from './tensor.ts'
import { currentTrace } from './trace.ts'

/** A variable's state: its memory, made on the device in use when it is first needed, and moved when another device is chosen. */
export class StoredVariable implements VariableState {
  readonly shape: Shape
  readonly dtype: DType
  label: string
  version = 0
  /** Where the values come from until there is memory on a device. */
  #initial: ArrayNode | undefined
  #storage: Storage | undefined
  #device: Device | undefined

  constructor(initial: ArrayNode, label: string) {
    this.#initial = initial
    this.shape = initial.shape
    this.dtype = initial.dtype
    this.label = label
  }

  storage(): Storage {
    if (this.#storage !== undefined && this.#device === currentDevice()) return this.#storage
    const { fill } = this.#initial ?? {}
    if (fill !== undefined) return this.#place(fill)
    const values = this.values()
    return this.#place((memory) => memory.set(values))
  }

  values(): TypedArray {
    return this.#storage?.read() ?? (this.#initial as ArrayNode).data
  }

  write(values: TypedArray): void {
    if (this.#storage !== undefined && this.#device === currentDevice()) this.#storage.write(values)
    else this.#place((memory) => memory.set(values))
    this.version++
  }

  fill(fill: (values: TypedArray) => void): void {
    if (this.#storage !== undefined && this.#device === currentDevice()) this.#storage.fill(fill)
    else this.#place(fill)
    this.version++
  }

  /** Memory on the device in use, which `fill` fills; what the variable held before is let go. */
  #place(fill: (values: TypedArray) => void): Storage {
    const device = currentDevice()
    const storage = device.createStorage(this.dtype, sizeOf(this.shape))
    storage.fill(fill)
    this.#storage = storage
    this.#device = device
    this.#initial = undefined
    return storage
  }
}

export class Variable extends Tensor {
  readonly #state: StoredVariable
  #mention: VariableNode

  /** A variable that starts with the values of `initial`. The label names it in error messages. */
  constructor(initial: Tensor, options: { readonly label?: string } = {}) {
    if (!(initial instanceof Tensor)) throw notATensor('Variable', initial)
    const state = new StoredVariable(onHost(initial), options.label ?? 'without a name')
    const mention = mentionOf(state)
    super(mention)
    this.#state = state
    this.#mention = mention
  }

  override get node(): Node {
    if (this.#mention.version !== this.#state.version) this.#mention = mentionOf(this.#state)
    const trace = currentTrace()
    trace?.mentioned.add(this.#state)
    return trace?.assigned.get(this.#state) ?? this.#mention
  }

  get label(): string {
    return this.#state.label
  }

  set label(label: string) {
    this.#state.label = label
  }

  /**
   * Sets the variable. Inside a compiled function it takes effect from here on in trace order, and the memory changes when the
   * program runs; outside, at once. Values computed from the old state must have been read before.
   */
  assign(value: Tensor): void {
    if (!(value instanceof Tensor)) throw notATensor('assign', value)
    if (!equalShapes(value.shape, this.shape)) {
      throw new ShapeError(
        `assign: variable ${this.label} has shape ${formatShape(this.shape)}, the value ${formatShape(value.shape)}${atSite()}`,
      )
    }
    if (value.dtype !== this.dtype)
      throw new DTypeError(
        `assign: variable ${this.label} is ${this.dtype}, the value ${value.dtype}; cast it${atSite()}`,
      )
    const trace = currentTrace()
    if (trace !== undefined) {
      trace.assigned.set(this.#state, value.node)
      return
    }
    assignNow(this.#state, value.node)
    this.#state.version++
  }

  /**
   * Sets the variable from an array of the host, in row-major order; floats are rounded to the variable's dtype. Throws ShapeError on
   * another length, DTypeError on values that the dtype does not hold, UsageError inside a compiled function: assign a tensor there.
   */
  write(values: TypedArray): void {
    if (currentTrace() !== undefined)
      throw new UsageError(
        `write: variable ${this.label} is written inside a compiled function; assign a tensor to it there${atSite()}`,
      )
    if (!ArrayBuffer.isView(values))
      throw new UsageError(`write: takes a typed array, not ${kindOf(values)}${atSite()}`)
    const given = checkHostArray('write', values)
    if (given.length !== this.size)
      throw new ShapeError(
        `write: ${given.length} values do not fill variable ${this.label} of shape ${formatShape(this.shape)}`,
      )
    this.#state.write(valuesInDType('write', given, this.dtype))
  }

  /**
   * As `write`, but `fill` writes all values itself, in row-major order, into the variable's memory: for values that lie in a file or are made one
   * by one. The array is the variable's only while `fill` runs. Throws UsageError inside a compiled function.
   */
  fill(fill: (values: TypedArray) => void): void {
    if (currentTrace() !== undefined)
      throw new UsageError(
        `fill: variable ${this.label} is written inside a compiled function; assign a tensor to it there${atSite()}`,
      )
    this.#state.fill(fill)
  }
}

/** The values of a tensor as data of the host: its own where it is that, and then not made before they are needed. */
function onHost(tensor: Tensor): ArrayNode {
  const { node, shape, dtype } = tensor
  const isTraced = currentTrace() !== undefined
  if (node.kind === 'array' && !isTraced) return node
  const constant = constantOf(node)
  // One number needs no array on the way to the variable's own memory.
  if (constant !== undefined && !isTraced) return lateArrayNode((values) => values.fill(constant), shape, dtype)
  return arrayNode(tensor.dataSync(), tensor.shape, tensor.dtype)
}

function mentionOf(state: StoredVariable): VariableNode {
  return {
    kind: 'variable',
    inputs: [],
    shape: state.shape,
    dtype: state.dtype,
    variable: state,
    version: state.version,
  }
}
