// Broken strokes: gaps that a dry pen leaves in a letter, and letters whose parts do not meet.

import type { Random } from '../../src/core/random.ts'
import type { Patch } from './rasterize.ts'

/** A straight cut without ink. Lengths in pixels. */
interface Cut {
  readonly x: number
  readonly y: number
  /** Direction along the cut, radians. */
  readonly angle: number
  readonly halfWidth: number
  /** The cut ends this far from its middle. */
  readonly reach: number
}

/** The letter with one to three short gaps of about half a pen width across its strokes. */
export function breakStrokes(ink: Patch, penWidth: number, random: Random): Patch {
  const inside = Array.from(ink.data.keys()).filter((i) => ink.data[i]! > 0.9)
  if (inside.length === 0) return ink
  const cuts = Array.from({ length: 1 + random.integer(3) }, (): Cut => {
    const at = inside[random.integer(inside.length)]!
    return {
      x: at % ink.width,
      y: Math.floor(at / ink.width),
      angle: random.uniform(0, Math.PI),
      halfWidth: Math.max(0.6, penWidth * random.uniform(0.15, 0.4)),
      reach: penWidth * 1.1,
    }
  })
  return erase(ink, cuts)
}

/** Letters that are drawn with a stem first, or with a bar first. */
const stems = 'BDEFHKMNPR'
const bars = 'T57JZ'

/** The letter with its stem or its top bar apart from the rest; other letters are returned as they are. */
export function partStrokes(ink: Patch, character: string, penWidth: number, slant: number, random: Random): Patch {
  const halfWidth = Math.max(0.8, ink.height * random.uniform(0.015, 0.035))
  const margin = Math.ceil(penWidth / 2)
  const middle = { x: ink.width / 2, y: ink.height / 2, halfWidth, reach: ink.width + ink.height }
  const from = margin + penWidth + halfWidth
  if (stems.includes(character)) {
    // A slanted stem starts at the left edge of the letter at its foot only.
    const foot = from + (slant > 0 ? 0 : -slant * ink.height)
    return erase(ink, [{ ...middle, x: foot + (slant * ink.height) / 2, angle: Math.atan2(-1, slant) }])
  }
  if (bars.includes(character)) return erase(ink, [{ ...middle, y: from, angle: 0 }])
  return ink
}

function erase(ink: Patch, cuts: readonly Cut[]): Patch {
  const data = ink.data.slice()
  for (const { x, y, angle, halfWidth, reach } of cuts) {
    const alongX = Math.cos(angle)
    const alongY = Math.sin(angle)
    for (let i = 0; i < data.length; i++) {
      const dx = (i % ink.width) - x
      const dy = Math.floor(i / ink.width) - y
      if (Math.abs(dx * alongX + dy * alongY) > reach) continue
      const beside = Math.abs(dx * alongY - dy * alongX)
      data[i]! *= Math.min(Math.max(beside - halfWidth + 0.5, 0), 1)
    }
  }
  return { ...ink, data }
}
