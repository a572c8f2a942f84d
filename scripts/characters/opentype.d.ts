// The part of opentype.js that is used here; the package brings no types of its own.

declare module 'opentype.js' {
  export type PathCommand =
    | { readonly type: 'M'; readonly x: number; readonly y: number }
    | { readonly type: 'L'; readonly x: number; readonly y: number }
    | { readonly type: 'Q'; readonly x1: number; readonly y1: number; readonly x: number; readonly y: number }
    | {
        readonly type: 'C'
        readonly x1: number
        readonly y1: number
        readonly x2: number
        readonly y2: number
        readonly x: number
        readonly y: number
      }
    | { readonly type: 'Z' }

  export interface Glyph {
    /** 0 is the glyph for characters that the font lacks. */
    readonly index: number
    readonly advanceWidth: number
    getPath(x: number, y: number, fontSize: number): { readonly commands: readonly PathCommand[] }
  }

  export interface Font {
    readonly unitsPerEm: number
    /** Entries of the name table of the Windows platform, by language. */
    readonly names: { readonly windows?: { readonly copyright?: { readonly en?: string } } }
    charToGlyph(character: string): Glyph
  }

  interface OpenType {
    /** Reads a TrueType, OpenType or WOFF font. */
    parse(bytes: ArrayBuffer): Font
  }

  const opentype: OpenType
  export default opentype
}
