// The report of `ocellus train --model`: curves, mistakes, settings.

import { wilsonInterval } from '../../nn/accuracy.ts'
import { Parameter } from '../../nn/parameter.ts'
import { formatCount, formatSeconds, formatShare } from '../terminal.ts'
import type { MeasuredModel, ModelSettings, ModelWork } from '../training/images/model-training.ts'
import { flagName } from '../training/learning-rate.ts'
import { countConfusion, mostConfused, pairText } from './confusion.ts'
import { confusionMatrix, matrixKey } from './confusion-matrix.ts'
import { type Fact, htmlDocument, section, table } from './document.ts'
import { type Markup, markup } from './markup.ts'
import { trainingCurves } from './training-sections.ts'

/** Classes beyond this make a matrix that nobody can read. */
const mostInMatrix = 62

export interface ModelReport {
  readonly settings: ModelSettings
  readonly work: Pick<ModelWork, 'name' | 'module'>
  readonly result: MeasuredModel
  /** One name per output. */
  readonly classes: readonly string[]
  /** How pictures are prepared, and how they are changed in training. */
  readonly preparation: string
  readonly augmentation: string
}

/** The text of an HTML file. */
export function modelReport(report: ModelReport): string {
  const { settings, work, result, classes, preparation, augmentation } = report
  const charts = trainingCurves(result).slice(0, classes.length === 0 ? 1 : 2)
  const given = Object.entries(settings).map(([name, value]) => [`--${flagName(name)}`, String(value)] as const)
  const sections = [
    section(
      'How it learned',
      settings.keep === 'last'
        ? 'The weights of the last epoch are kept.'
        : 'The weights of the epoch that does best on the validation part are kept.',
      markup`<div class="pair">${charts.map((chart) => markup`<figure class="card">${chart}</figure>`)}</div>`,
    ),
    mistakes(result, classes),
    section(
      'Settings',
      'Everything that decides the result; the same settings give the same bits.',
      table([...given, ['Pictures', preparation], ['Changes in training', augmentation]]),
    ),
  ]
  return htmlDocument({
    title: `${work.name} on ${settings.data}`,
    lead: classes.length === 0 ? 'An autoencoder.' : `A network that tells ${classes.length} classes apart.`,
    facts: facts(result, work.module),
    sections: sections.filter((part) => part !== undefined),
    footer: 'Drawn by ocellus train. This file needs nothing but itself.',
  })
}

function facts({ measured, evaluation, history, seconds }: MeasuredModel, module: ModelWork['module']): Fact[] {
  const parameters = [...module.namedVariables().values()].filter((variable) => variable instanceof Parameter)
  const count = parameters.reduce((sum, { size }) => sum + size, 0)
  const result: Fact | undefined =
    measured !== undefined
      ? {
          value: formatShare(measured.right / measured.labels.length),
          label: `of ${formatCount(measured.labels.length)} test images right; 95 % interval ${wilsonInterval(measured.right, measured.labels.length).map(formatShare).join(' to ')}`,
        }
      : evaluation && { value: evaluation.loss.toFixed(4), label: 'loss on the test part' }
  return [
    ...(result === undefined ? [] : [result]),
    {
      value: formatSeconds(seconds),
      label: `of training, ${history.length} ${history.length === 1 ? 'epoch' : 'epochs'}`,
    },
    { value: formatCount(count), label: 'parameters' },
  ]
}

/** The confusion matrix of the test part, and the pairs that are confused most. */
function mistakes({ measured }: MeasuredModel, classes: readonly string[]): Markup | undefined {
  if (measured === undefined) return undefined
  const { labels, predictions, right } = measured
  const confusion = countConfusion(classes, labels, predictions)
  const pairs = mostConfused(confusion, 8).map((pair): readonly [string, string] => [
    `${classes[pair.a]}, ${classes[pair.b]}`,
    pairText(pair, classes),
  ])
  // Long names do not fit at the edge of the matrix: their numbers stand there, and the names in the list.
  const short = classes.every((name) => name.length <= 2)
  const edgeNames = short ? classes : classes.map((_, i) => String(i))
  const matrix = classes.length > mostInMatrix ? undefined : confusionMatrix(confusion, edgeNames)
  const list = pairs.length === 0 ? undefined : markup`<div><h3>Most confused pairs</h3>${table(pairs)}</div>`
  const key = short ? '' : ` The classes are ${classes.map((name, i) => `${i} ${name}`).join(', ')}.`
  return section(
    'Where it errs',
    `${formatCount(labels.length - right)} of ${formatCount(labels.length)} images of the test part are taken for something else.${matrix === undefined ? '' : ` ${matrixKey}${key}`}`,
    matrix === undefined ? list : markup`<div class="mistakes">${matrix}${list}</div>`,
  )
}
