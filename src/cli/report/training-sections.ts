// The parts of a report that show a training: curves, weights of the first layer, mistakes on the test part.

import type { Dataset } from '../../data/dataset.ts'
import type { EpochRecord } from '../../train/checkpoint.ts'
import { formatCount, formatShare } from '../terminal.ts'
import type { MeasuredTraining, Training } from '../training/characters/character-training.ts'
import { type ConfusedPair, countConfusion, mistaken, mostConfused, pairText } from './confusion.ts'
import { confusionMatrix, matrixKey } from './confusion-matrix.ts'
import { section } from './document.ts'
import { lineChart } from './line-chart.ts'
import { type Markup, markup } from './markup.ts'
import { letterStrip, pictureAddress, weightLimit, weightSheet } from './pictures.ts'

/** Loss and accuracy over the epochs, on the training and validation parts. */
export function trainingCurves({ history, bestEpoch }: Pick<Training, 'history' | 'bestEpoch'>): Markup[] {
  const of = (measure: 'loss' | 'accuracy', part: 'train' | 'valid'): number[] =>
    history.map((record: EpochRecord) => record[part]?.[measure] ?? Number.NaN)
  const series = (measure: 'loss' | 'accuracy') => [
    { label: 'train', values: of(measure, 'train') },
    { label: 'valid', values: of(measure, 'valid') },
  ]
  // Where the curves leave room.
  const mark = (at: 'top' | 'bottom') =>
    bestEpoch === undefined ? undefined : { epoch: bestEpoch, label: `kept: epoch ${bestEpoch}`, at }
  return [
    lineChart({
      title: 'Loss',
      series: series('loss'),
      format: (value, digits) => value.toFixed(digits),
      least: 0,
      marked: mark('top'),
    }),
    lineChart({
      title: 'Accuracy',
      series: series('accuracy'),
      format: (value, digits) => `${(100 * value).toFixed(Math.max(0, digits - 2))} %`,
      most: 1,
      marked: mark('bottom'),
    }),
  ]
}

export function curvesSection(training: Training): Markup {
  const charts = trainingCurves(training).map((chart) => markup`<figure class="card">${chart}</figure>`)
  const { distort, data } = training.settings
  const sentences = [
    distort ? 'Each training letter is distorted anew in every epoch.' : '',
    data === 'characters' ? 'The validation letters come from other hands than the training letters.' : '',
    'The weights of the epoch that reads most validation letters are kept.',
  ]
  return section('How it learned', sentences.filter(Boolean).join(' '), markup`<div class="pair">${charts}</div>`)
}

/** The weights of the first layer at the start and at the end, as pictures. */
export async function weightsSection({ model, firstWeights }: Training): Promise<Markup | undefined> {
  const layer = model.layers[0]
  const side = Math.sqrt(model.inputs)
  if (layer === undefined || !Number.isInteger(side)) return undefined
  const shown = Math.min(layer.outputs, weightLimit)
  const sheets = await Promise.all(
    [firstWeights, (await layer.weight.data()) as Float32Array].map(async (weights, i) => {
      const caption = i === 0 ? 'Before training: drawn at random' : 'After training'
      const address = await pictureAddress(weightSheet(weights, side))
      if (address === undefined) return undefined
      return markup`<figure class="card"><img class="weights" alt="${caption}" src="${address}"><figcaption>${caption}</figcaption></figure>`
    }),
  )
  if (sheets.includes(undefined)) return undefined
  const which = shown === layer.outputs ? `All ${shown}` : `The first ${shown} of ${layer.outputs}`
  const what = model.hidden.length === 0 ? 'classes' : 'hidden units'
  return section(
    'What the first layer looks for',
    `${which} ${what}, each as the ${side}x${side} picture of its weights: ink on blue pixels speaks for the unit, ink on orange ones against it.`,
    markup`<div class="pair">${sheets}</div>`,
  )
}

/** The confusion matrix of the test part, and the pairs that are confused most with the letters themselves. */
export async function mistakesSection(training: MeasuredTraining, test: Dataset): Promise<Markup> {
  const { predictions, test: measured, description } = training
  const confusion = countConfusion(description.classes, test.labels, predictions)
  const pairs = mostConfused(confusion, 8)
  const listed = await Promise.all(pairs.map((pair) => describePair(pair, training, test)))
  const wrong = Math.round(measured.samples * (1 - (measured.accuracy ?? 0)))
  return section(
    'Where it errs',
    `${formatCount(wrong)} of ${formatCount(measured.samples)} letters of the test part are read wrong. ${matrixKey}`,
    markup`<div class="mistakes">${confusionMatrix(confusion)}${listed.length === 0 ? undefined : pairList(listed)}</div>`,
  )
}

function pairList(listed: readonly Markup[]): Markup {
  return markup`<div><h3>Most confused pairs</h3><p>With the letters that were mistaken.</p><ul class="pairs">${listed}</ul></div>`
}

async function describePair(
  pair: ConfusedPair,
  { predictions, model, description }: MeasuredTraining,
  test: Dataset,
): Promise<Markup> {
  const [a, b] = [description.classes[pair.a], description.classes[pair.b]]
  const pixels = model.inputs
  const letters = mistaken(pair, test.labels, predictions, 8).map((i) =>
    test.inputs.data.subarray(i * pixels, (i + 1) * pixels),
  )
  const address = await pictureAddress(letterStrip(letters, Math.sqrt(pixels)))
  const strip = address === undefined ? undefined : markup`<img alt="" src="${address}">`
  return markup`<li><b>${a} ${b}</b><span>${pairText(pair, description.classes)}</span>${strip}</li>\n`
}

/** The settings of a training and what it reached, for a table. */
export function trainingRows(training: MeasuredTraining): (readonly [string, string])[] {
  const { settings, model, test, history } = training
  const { data, input, optimizer, rate, schedule, momentum, weightDecay, batch, seed, activation, distort } = settings
  const rule = optimizer === 'sgd' ? `SGD, momentum ${momentum}` : optimizer === 'adam' ? 'Adam' : 'AdamW'
  const interval = test.interval?.map(formatShare).join(' to ')
  return [
    [
      'Data',
      `${data}, ${input === 'glyphs' ? 'letters as the page reader sees them' : 'letters as they are'}${distort ? ', distorted in training' : ''}`,
    ],
    ['Network', `${[model.inputs, ...model.hidden, model.classes].join('-')}, ${activation}, softmax`],
    ['Training', `${history.length} ${history.length === 1 ? 'epoch' : 'epochs'}, batches of ${batch}, seed ${seed}`],
    ['Optimizer', `${rule}, rate ${rate} (${schedule}), weight decay ${weightDecay}`],
    [
      'Test',
      `${formatShare(test.accuracy ?? 0)} right${interval === undefined ? '' : `, 95 % interval ${interval}`}, loss ${test.loss.toFixed(3)}`,
    ],
  ]
}
