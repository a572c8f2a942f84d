// Test accuracy of the character network 1024-64-36 on nist36-standin: 50 epochs, no augmentation, seeds 0 to 4, the test set used once.
// Rate and weight decay were chosen on the validation part of the data, seed 0.

import { loadDataset } from '../src/data/index.node.ts'
import { CharacterMlp } from '../src/models/index.ts'
import { accuracy, crossEntropy, seedWeights } from '../src/nn/index.ts'
import { cosine, sgd } from '../src/optim/index.ts'
import { Trainer } from '../src/train/index.ts'

const [epochs, batchSize] = [50, 32]

export async function benchStandin(): Promise<string[]> {
  const parts = await loadDataset('nist36-standin')
  const train = parts.train.inverted()
  const scores: { valid: number; test: number; seconds: number }[] = []
  for (let seed = 0; seed < 5; seed++) {
    seedWeights(seed)
    const start = performance.now()
    const trainer = new Trainer(new CharacterMlp({ hidden: [64] }), {
      optimizer: sgd({
        learningRate: cosine({ start: 0.2 }),
        momentum: 0.9,
        weightDecay: 3e-4,
        decay: (name) => name.endsWith('weight'),
      }),
      loss: crossEntropy,
      metrics: [accuracy],
      epochs,
      batchSize,
      seed,
    })
    await trainer.fit(train)
    const seconds = (performance.now() - start) / 1000
    const valid = (await trainer.evaluate(parts.valid.inverted())).accuracy ?? 0
    const test = (await trainer.evaluate(parts.test.inverted())).accuracy ?? 0
    scores.push({ valid, test, seconds })
  }
  const mean = (key: 'valid' | 'test' | 'seconds'): number =>
    scores.reduce((sum, score) => sum + score[key], 0) / scores.length
  const percent = (value: number): string => `${(100 * value).toFixed(2)} %`
  return [
    `nist36-standin, 1024-64-36, 50 epochs, mean of seeds 0 to 4: test ${percent(mean('test'))} (${scores.map(({ test }) => percent(test)).join(', ')}), valid ${percent(mean('valid'))}, ${mean('seconds').toFixed(1)} s each`,
  ]
}
