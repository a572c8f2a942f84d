// Small files in the layouts of CIFAR and SVHN, in which every pixel can be told from its neighbours.

import { writeMatlab } from '../../../src/data/formats/matlab-writer.ts'

export function pixelOf(sample: number, y: number, x: number, channel: number): number {
  return (sample * 71 + y * 37 + x * 5 + channel * 101) & 255
}

/** Records of CIFAR-10; with coarse labels those of CIFAR-100. */
export function cifarRecords(labels: readonly number[], coarse?: readonly number[]): Uint8Array {
  const records = labels.map((label, sample) => {
    const planes = Uint8Array.from({ length: 3072 }, (_, i) => {
      const pixel = i % 1024
      return pixelOf(sample, Math.floor(pixel / 32), pixel % 32, Math.floor(i / 1024))
    })
    return [...(coarse === undefined ? [] : [coarse[sample] as number]), label, ...planes]
  })
  return Uint8Array.from(records.flat())
}

/** Three pictures of 4x5, with these labels. */
export function svhnFile(labels: readonly number[]): Uint8Array {
  const data = Uint8Array.from({ length: 4 * 5 * 3 * 3 }, (_, i) => {
    const [y, x, c] = [i % 4, Math.floor(i / 4) % 5, Math.floor(i / 20) % 3]
    return pixelOf(Math.floor(i / 60), y, x, c)
  })
  return writeMatlab({
    X: { class: 'uint8', shape: [4, 5, 3, 3], data },
    y: { class: 'uint8', shape: [labels.length, 1], data: Uint8Array.from(labels) },
  })
}
