// What contestants are compared with: the first one's proof, and where rounding decides more than the bounds allow, the same work in float64.

import type { Proof } from '../contestants/serve.ts'
import type { Workload } from '../workloads/workload.ts'
import type { Entrant } from './contestants.ts'
import { answerFile, readTensors, type Task } from './exchange.ts'
import { difference, exactBounds, proofRate, proofSteps, rounding } from './proof.ts'

export interface ReferenceOptions {
  /** Contestant and mode. */
  readonly name: string
  readonly workload: Workload
  readonly proof: Proof
  /** The same work in float64; left out where the contestant has no such. */
  readonly exact?: () => Promise<Proof>
}

export class Reference {
  readonly name: string
  readonly #proof: Proof
  readonly #zeros: ReadonlySet<string>
  readonly #makeExact: (() => Promise<Proof>) | undefined
  #exact: Proof | undefined

  constructor({ name, workload, proof, exact }: ReferenceOptions) {
    this.name = name
    this.#proof = proof
    this.#zeros = zeroGradients(workload)
    this.#makeExact = exact
  }

  /** How the comparison was made, where it took more than float32. */
  get note(): string {
    return this.#exact === undefined ? '' : ' (in float64, since rounding decides choices in float32)'
  }

  /**
   * What another one did differently, in words; undefined where it did the same. Work in float32 that misses the bounds is judged by
   * float64: ours and PyTorch's must agree to 1e-9 there, and each float32 run may stand as far from that as rounding explains.
   */
  async disagreement(proof: Proof): Promise<string | undefined> {
    const wrong = difference(this.#proof, proof, this.#zeros)
    if (wrong === undefined || this.#makeExact === undefined) return wrong
    this.#exact ??= await this.#makeExact()
    const own = difference(this.#exact, this.#proof, this.#zeros, rounding)
    if (own !== undefined) return `in float32 it is too far from its own float64: ${own}`
    return difference(this.#exact, proof, this.#zeros, proof.exact ? exactBounds : rounding)
  }
}

/** Asks a contestant for its proof; `exact` for one in float64. */
export async function prove(entrant: Entrant, task: Task, exact = false): Promise<Proof> {
  const answer = answerFile(task, entrant.peer, exact ? `${task.mode} exact` : task.mode)
  const request = { command: 'prove', ...task, answer, steps: proofSteps, rate: proofRate, exact }
  const { losses, exact: inFloat64 } = await entrant.process.request(request)
  return { losses: losses as number[], tensors: readTensors(answer), exact: inFloat64 === true }
}

function zeroGradients(workload: Workload): ReadonlySet<string> {
  const specs = workload.kind === 'training' ? workload.parameters : []
  return new Set(specs.flatMap(({ beforeNorm }, i) => (beforeNorm ? [`gradient.${i}`] : [])))
}
