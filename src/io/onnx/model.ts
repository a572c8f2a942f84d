// What an ONNX file holds, as far as networks need it. https://onnx.ai/onnx/repo-docs/IR.html

import type { HostTensor } from '../../core/host-tensor.ts'

/** A value of an attribute; `unsupported` are graphs and other things that no operator here takes. */
export type OnnxAttribute = number | string | HostTensor | readonly number[] | readonly string[] | 'unsupported'

export interface OnnxNode {
  readonly operator: string
  /** Empty for the operators of ONNX itself. */
  readonly domain: string
  /** Its own name, else that of its first output. */
  readonly name: string
  /** Names of values; an empty one stands for an input that is left out. */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: ReadonlyMap<string, OnnxAttribute>
}

/** An input or output of the graph. */
export interface OnnxValueInfo {
  readonly name: string
  /** Number of the element type, see `tensor-types.ts`; 0 where it is not a tensor or not said. */
  readonly type: number
  /** An extent is a number or a name; undefined where even the rank is open. */
  readonly shape: readonly (number | string)[] | undefined
}

export interface OnnxModel {
  readonly irVersion: number
  /** Version of the operators of ONNX itself. */
  readonly opset: number
  readonly producer: string
  readonly nodes: readonly OnnxNode[]
  /** Weights and other constants by name. */
  readonly initializers: ReadonlyMap<string, HostTensor>
  readonly inputs: readonly OnnxValueInfo[]
  readonly outputs: readonly OnnxValueInfo[]
  readonly metadata: Readonly<Record<string, string>>
  /** What was changed on reading, as sentences. */
  readonly notes: readonly string[]
}
