// The reader as an object: a classifier and the way to use it.

import type { GrayImage, RgbImage } from '../image/image.ts'
import type { Classifier } from './classifier.ts'
import type { Page } from './page.ts'
import { readPage } from './read.ts'

export interface ReaderOptions {
  /** The network that recognises single letters. */
  readonly classifier: Classifier
}

/** Reads pages of hand-printed capitals and digits. */
export class Reader {
  readonly #classifier: Classifier

  constructor(options: ReaderOptions) {
    this.#classifier = options.classifier
  }

  /** Reads an upright picture, dark ink on light paper. A page without writing gives a page without lines. */
  read(image: GrayImage | RgbImage): Page {
    return readPage(image, this.#classifier)
  }
}
