// A trained character network as the page reader's classifier.

import { UsageError } from '../../core/errors.ts'
import { softmax } from '../../nn/activations.ts'
import { type Classifier, characters } from '../../reader/classifier.ts'
import { glyphSize } from '../../reader/glyph.ts'
import { loadRecognizer } from '../../reader/recognizer.node.ts'
import { compile } from '../../tensor/compile.ts'
import { type Tensor, tensor } from '../../tensor/tensor.ts'
import {
  isRecognizer,
  loadNetwork,
  networkFile,
  openNetworkFile,
  resolveNetworkPath,
  type TrainedNetwork,
} from './character-network-file.ts'

/**
 * The classifier in a file: a character network of `ocellus train`, by its file or its folder, or a recognizer like the one that
 * comes with the package. Throws FormatError for any other file.
 */
export async function loadClassifier(model: string): Promise<Classifier> {
  const path = await resolveNetworkPath(model)
  const { file } = await openNetworkFile(path)
  if (isRecognizer(file)) return loadRecognizer(path)
  return recognizerOf(await loadNetwork(path), path)
}

/** Letters per run are padded to a multiple of this, so that few programs are compiled. */
const chunk = 32

/**
 * The network as a classifier. Characters it does not know have the probability 0.
 * Throws UsageError for a network that was not trained on glyphs as the reader draws them, or knows classes that are no capitals or digits.
 */
export function recognizerOf({ model, description }: TrainedNetwork, name: string = networkFile): Classifier {
  const { input, classes } = description
  const pixels = glyphSize * glyphSize
  if (input !== 'glyphs' || model.inputs !== pixels) {
    throw new UsageError(
      `${name} was trained on letters as they are in the data set, not as the reader sees them; train it with --input glyphs`,
    )
  }
  const places = classes.map((label) => characters.indexOf(label))
  const strange = classes[places.indexOf(-1)]
  if (strange !== undefined)
    throw new UsageError(`${name} knows the class '${strange}'; the reader takes A to Z and 0 to 9`)
  const run = compile((batch: Tensor) => softmax(model.forward(batch)))
  return {
    classify(batch, count) {
      const padded = new Float32Array(Math.ceil(count / chunk) * chunk * pixels)
      padded.set(batch.subarray(0, count * pixels))
      const found = run(tensor(padded, { shape: [padded.length / pixels, pixels] })).dataSync()
      const probabilities = new Float32Array(count * characters.length)
      for (let letter = 0; letter < count; letter++) {
        for (const [i, place] of places.entries()) {
          probabilities[letter * characters.length + place] = found[letter * places.length + i] as number
        }
      }
      return probabilities
    },
  }
}
