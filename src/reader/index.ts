// ocellus/reader for browsers: pages to text, with a recognizer whose bytes you bring. In Node, index.node.ts loads the one of the package.

export { type Classifier, characters } from './classifier.ts'
export { glyphSize, normalizeGlyph } from './glyph.ts'
export { drawOverlay } from './overlay.ts'
export type { Glyph, Line, Page, Reading, Word } from './page.ts'
export { Reader, type ReaderOptions } from './reader.ts'
export { Recognizer, type RecognizerOptions } from './recognizer.ts'
export { type RecognizerFile, readRecognizer } from './recognizer-file.ts'
