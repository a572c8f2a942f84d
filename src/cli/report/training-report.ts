// The report of `ocellus train`.

import type { Dataset } from '../../data/dataset.ts'
import { formatCount, formatSeconds, formatShare } from '../terminal.ts'
import type { MeasuredTraining } from '../training/characters/character-training.ts'
import { type Fact, htmlDocument, section, table } from './document.ts'
import { curvesSection, mistakesSection, trainingRows, weightsSection } from './training-sections.ts'

/** The text of an HTML file. `test`: the test part, rows of pixels. */
export async function trainingReport(training: MeasuredTraining, test: Dataset): Promise<string> {
  const { settings, model } = training
  const parts = [
    curvesSection(training),
    await weightsSection(training),
    await mistakesSection(training, test),
    section(
      'Settings',
      'Everything that decides the result; the same settings give the same bits.',
      table(trainingRows(training)),
    ),
  ]
  return htmlDocument({
    title: `${[model.inputs, ...model.hidden, model.classes].join('-')} on ${settings.data}`,
    lead: `A fully connected network that tells ${model.classes} characters apart.`,
    facts: trainingFacts(training),
    sections: parts.filter((part) => part !== undefined),
    footer: 'Drawn by ocellus train. This file needs nothing but itself.',
  })
}

/** The numbers at the head of a report. */
export function trainingFacts({ test, history, seconds, model }: MeasuredTraining): Fact[] {
  const parameters = model.layers.reduce((sum, { inputs, outputs }) => sum + (inputs + 1) * outputs, 0)
  return [
    { value: formatShare(test.accuracy ?? 0), label: `of ${formatCount(test.samples)} test letters right` },
    {
      value: formatSeconds(seconds),
      label: `of training, ${history.length} ${history.length === 1 ? 'epoch' : 'epochs'}`,
    },
    { value: formatCount(parameters), label: 'parameters' },
  ]
}
