// The bars that the project has set itself: what was found, what was wanted, and whether it is met. Only what was measured is judged.

import { loadingBar } from '../loading.ts'
import { scalingBar } from '../scaling.ts'
import type { Row } from './compare.ts'
import { mebibytes } from './footprint.ts'
import { milliseconds, percent, ratio } from './report.ts'
import type { Results } from './results.ts'

export interface Bar {
  readonly what: string
  readonly found: string
  readonly wanted: string
  readonly met: boolean
  /** Arguments of `npm run bench --` that measure it. */
  readonly command: string
}

/** Time of a peer's fastest mode over that of the native device, one thread. */
const nativeBars: readonly (readonly [workload: string, peer: string, least: number])[] = [
  ['W1', 'torch', 2.5],
  ['W1', 'numpy', 1],
  ['W2', 'torch', 1.7],
  ['W3', 'torch', 3],
  ['W4', 'torch', 1.5],
  ['W4p', 'torch', 1.4],
  ['W5', 'torch', 1.5],
  ['W6', 'torch', 2.5],
  ['W7-squeezenet', 'torch', 1.2],
  ['W7-resnet18', 'torch', 1.05],
  ['W7-lenet5', 'torch', 1.2],
  ['W7-W4p', 'torch', 1.2],
  ...['squeezenet', 'resnet18', 'lenet5', 'W4p'].map((name) => [`W7-${name}`, 'onnxruntime', 0.9] as const),
]

const squares = [256, 512, 1024, 2048] as const
const productBar = 0.95

/** A bar that would need more of the peak than this counts as met at this. */
const enough = 0.85

const meanOf = ['W1', 'W2', 'W3', 'W4', 'W5', 'W6'] as const
const meanBars = [
  [1, 2],
  [2, 1.8],
] as const

/** How many times as fast as a JavaScript peer ours is on WebAssembly, one thread: in training steps, and in inference and products. */
const wasmBars = [
  ['jax', 1, 1],
  ['onnxruntime-web', 1, 1],
  // Inference and products of tfjs run at 40 to 50 % of the 128-bit peak: five times that no machine can do.
  ['tfjs', 5, 1],
] as const

const inference = ['W7-squeezenet', 'W7-resnet18', 'W7-lenet5', 'W7-W4p'] as const
const productNames = squares.map((size) => `W8-${size}`)
/** What each of them is able to do. */
const wasmWork: readonly (readonly [peer: string, ...workloads: string[]])[] = [
  ['jax', 'W1', 'W2', 'W3', 'W6', ...productNames],
  ['onnxruntime-web', ...inference],
  ['tfjs', 'W1', 'W2', 'W3', 'W5', 'W6', ...inference, ...productNames],
]

const mostFirstStep = 400
const mostWasmStep = 0.45
const wasmProductBar = 0.82
const doubleBar = 0.45
/** A shape's cost over the mean of its neighbours'. */
export const mostOutstanding = 1.5

export function barsOf(results: Results): Bar[] {
  return [
    ...nativeBars.flatMap(([workload, peer, least]) => ratioBar(results, workload, peer, least, 1)),
    ...[1, 2].flatMap((threads) =>
      squares.flatMap((size) => ratioBar(results, `W8-${size}`, 'torch', productBar, threads)),
    ),
    ...doubles(results),
    ...means(results),
    ...wasmRatios(results),
    ...wasmStep(results),
    ...wasmProducts(results),
    ...gains(results),
    ...memory(results),
    ...start(results),
    ...growth(results),
    ...loads(results),
  ]
}

/** What the bars are about and nothing was found of, in a few words each. */
export function missing(results: Results): string[] {
  const { scaling, products, growth, loading, footprints, firstSteps } = results
  const compared = (workload: string, peer: string, device: string, threads: number): boolean =>
    ratio(rowsOf(results, workload, threads), peer, device) !== undefined
  const ratios = [
    ...nativeBars.map(([workload, peer]) => [workload, peer, 'native', 1] as const),
    ...[1, 2].flatMap((threads) => squares.map((size) => [`W8-${size}`, 'torch', 'native', threads] as const)),
    ...meanOf.map((workload) => [workload, 'torch', 'native', 2] as const),
    ...wasmWork.flatMap(([peer, ...names]) => names.map((workload) => [workload, peer, 'wasm', 1] as const)),
  ].filter(([workload, peer, device, threads]) => !compared(workload, peer, device, threads))
  const parts = { scaling, product: products, growth, memory: footprints, start: firstSteps }
  return [
    ...ratios.map(([workload, peer, device, threads]) => {
      return `${workload} ${device} against ${title(peer)}${threads === 1 ? '' : `, ${threads} threads`}`
    }),
    ...Object.entries(parts).flatMap(([name, found]) => (found.length === 0 ? [name] : [])),
    ...(loading === undefined ? ['loading'] : []),
  ]
}

const titles: Readonly<Record<string, string>> = {
  torch: 'PyTorch',
  numpy: 'NumPy',
  jax: 'jax-js',
  tfjs: 'tfjs wasm',
  onnxruntime: 'onnxruntime',
}

function title(peer: string): string {
  return titles[peer] ?? peer
}

function rowsOf({ rows }: Results, workload: string, threads: number): Row[] {
  return rows.filter((row) => row.workload === workload && row.threads === threads)
}

function ratioBar(results: Results, workload: string, peer: string, least: number, threads: number): Bar[] {
  const rows = rowsOf(results, workload, threads)
  const found = ratio(rows, peer, 'native')
  if (found === undefined) return []
  const share = rows.find((row) => row.peer === 'ocellus' && row.mode === 'native')?.peakShare as number
  // The share of the peak that the wanted ratio would take.
  const needed = (share * least) / found
  const capped = peer === 'torch' && needed > enough
  return [
    {
      what: `${workload} native, ${title(peer)}'s time / ours${threads === 1 ? '' : `, ${threads} threads`}`,
      found: `${found.toFixed(2)} (${(100 * share).toFixed(1)} % of the peak)`,
      wanted: capped ? `>= ${least}, or 85 % of the peak` : `>= ${least}`,
      met: found >= least || (capped && share >= enough),
      command: `--only ${workload} --peers ${peer} --threads ${threads}`,
    },
  ]
}

function means(results: Results): Bar[] {
  return meanBars.flatMap(([threads, least]) => {
    const ratios = meanOf.flatMap((name) => ratio(rowsOf(results, name, threads), 'torch', 'native') ?? [])
    if (ratios.length < meanOf.length) return []
    const mean = Math.exp(ratios.reduce((sum, value) => sum + Math.log(value), 0) / ratios.length)
    return [
      {
        what: `geometric mean of W1 to W6 native, PyTorch's time / ours, ${threads === 1 ? '1 thread' : `${threads} threads`}`,
        found: mean.toFixed(2),
        wanted: `>= ${least}`,
        met: mean >= least,
        command: `--only ${meanOf.join(',')} --peers torch --threads ${threads}`,
      },
    ]
  })
}

function doubles(results: Results): Bar[] {
  return ['native', 'wasm'].flatMap((device) => {
    const of = (workload: string): Row | undefined =>
      rowsOf(results, workload, 1).find((row) => row.peer === 'ocellus' && row.mode === device)
    const [single, double] = [of('W8-1024'), of('W8-1024-f64')]
    if (single === undefined || double === undefined) return []
    const share = double.gflops / single.gflops
    return [
      {
        what: `product f64 of f32, ${device}`,
        found: share.toFixed(2),
        wanted: `>= ${doubleBar}`,
        met: share >= doubleBar,
        command: '--only W8-1024,W8-1024-f64 --peers torch --threads 1',
      },
    ]
  })
}

function wasmRatios(results: Results): Bar[] {
  const workloads = [...new Set(results.rows.map(({ workload }) => workload))]
  return wasmBars.flatMap(([peer, ofTraining, ofOthers]) =>
    workloads.flatMap((workload) => {
      const found = ratio(rowsOf(results, workload, 1), peer, 'wasm')
      if (found === undefined) return []
      const least = /^W[78]/.test(workload) ? ofOthers : ofTraining
      return [
        {
          what: `${workload} wasm, ${title(peer)}'s time / ours`,
          found: found.toFixed(2),
          wanted: least === 1 ? 'ahead' : `>= ${least}`,
          met: least === 1 ? found > 1 : found >= least,
          command: `--only ${workload} --peers ${peer} --threads 1`,
        },
      ]
    }),
  )
}

function wasmStep(results: Results): Bar[] {
  const row = rowsOf(results, 'W1', 1).find(({ peer, mode }) => peer === 'ocellus' && mode === 'wasm')
  if (row === undefined) return []
  const command = '--only W1 --threads 1'
  return [
    {
      what: 'W1 wasm',
      found: `${milliseconds(row.ms)} ms`,
      wanted: `<= ${mostWasmStep} ms`,
      met: row.ms <= mostWasmStep,
      command,
    },
  ]
}

function wasmProducts({ products }: Results): Bar[] {
  const nodes = [...new Set(products.map(({ node }) => node))]
  return nodes.map((node) => {
    const shares = products
      .filter((product) => product.node === node && product.size.every((extent) => extent === product.size[0]))
      .map(({ size, median, peak }) => ({ size: size[0], share: median / peak }))
    return {
      what: `product wasm of the 128-bit peak, Node ${node}`,
      found: shares.map(({ size, share }) => `${size}: ${percent(share)}`).join(', '),
      wanted: `>= ${percent(wasmProductBar)} each`,
      met: shares.every(({ share }) => share >= wasmProductBar),
      command: 'product --node PATH',
    }
  })
}

function gains({ scaling }: Results): Bar[] {
  return scaling.map(({ workload, device, gain, machineGain }) => ({
    what: `${workload} ${device}, two threads' gain of the machine's`,
    found: `${percent(gain / machineGain)} (${gain.toFixed(2)} of ${machineGain.toFixed(2)})`,
    wanted: `>= ${percent(scalingBar)}`,
    met: gain / machineGain >= scalingBar,
    command: 'scaling',
  }))
}

function memory({ footprints }: Results): Bar[] {
  const torch = new Map(
    footprints.filter(({ peer }) => peer === 'torch').map((found) => [found.workload, found.growth]),
  )
  return footprints.flatMap(({ workload, peer, mode, growth }) => {
    const theirs = torch.get(workload)
    if (peer !== 'ocellus' || theirs === undefined) return []
    return [
      {
        what: `${workload} ${mode}, growth of the resident size`,
        found: mebibytes(growth),
        wanted: `<= PyTorch's ${mebibytes(theirs)}`,
        met: growth <= theirs,
        command: `--footprint --only ${workload}`,
      },
    ]
  })
}

function start({ firstSteps }: Results): Bar[] {
  return firstSteps
    .filter(({ peer }) => peer === 'ocellus')
    .map(({ ms }) => ({
      what: 'start to the end of the first step of W1',
      found: `${(ms / 1000).toFixed(2)} s`,
      wanted: `<= ${mostFirstStep / 1000} s`,
      met: ms <= mostFirstStep,
      command: 'start',
    }))
}

function growth({ growth: points }: Results): Bar[] {
  if (points.length === 0) return []
  return ['native', 'wasm'].flatMap((device) => {
    const own = points.filter((point) => point.device === device)
    if (own.length === 0) return []
    const worst = own.reduce((most, point) => (point.standsOut > most.standsOut ? point : most))
    const above = own.filter(({ standsOut }) => standsOut > mostOutstanding).length
    return [
      {
        what: `growth, ${device}: a shape's cost over the mean of its neighbours`,
        found: `${worst.standsOut.toFixed(2)} at most (${worst.family}, ${worst.size})${above > 1 ? `, ${above} shapes above` : ''}`,
        wanted: `<= ${mostOutstanding} of ${own.length} shapes`,
        met: above === 0,
        command: 'growth',
      },
    ]
  })
}

function loads({ loading }: Results): Bar[] {
  if (loading === undefined) return []
  const times = loading.loaded / loading.trained
  return [
    {
      what: 'loader of CIFAR-10 on one core, images per second of those that W5 takes',
      found: `${times.toFixed(1)} (${loading.loaded.toFixed(0)} of ${loading.trained.toFixed(0)})`,
      wanted: `>= ${loadingBar}`,
      met: times >= loadingBar,
      command: 'loading',
    },
  ]
}
