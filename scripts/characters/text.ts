// What the synthetic pages say: running words, lists, numbers, loose characters and short poems.

import type { Random } from '../../src/core/random.ts'

/** Kinds of text. */
export type TextKind = 'words' | 'list' | 'numbers' | 'characters' | 'poem'

export interface TextRequest {
  readonly kind: TextKind
  /** Most lines wanted. */
  readonly lines: number
  /** Most characters in a line, spaces included. */
  readonly columns: number
  /** Put apostrophes, commas, full stops and hyphens between the words. */
  readonly punctuation: boolean
}

const words = (
  'APPLE BAKER BANJO BLUE BOX BREAD BRIDGE BRISK BUZZ CABIN CANDLE CARGO CHALK CLOCK CLOUD COMET CRISP CUP DANCE DAWN ' +
  'DELTA DOZEN DUSK EAGLE EARTH EIGHT EMBER EXTRA FABLE FERN FIELD FJORD FLUTE FOG FOX FROST GARDEN GHOST GIFT GLAZE ' +
  'GOLD GRAPE GYM HARBOR HAZEL HILL HONEY HUMID ICE INK IRON IVORY JACKET JADE JAZZ JELLY JIG JOKE JUICE JUMP KAYAK ' +
  'KETTLE KEY KITE KIWI KNOT LAMP LARK LEMON LILAC LIZARD LUNCH MAPLE MAZE MIXED MOON MUG MUSIC NAVY NINE NORTH NUT ' +
  'OAK OCEAN OLIVE ONYX ORBIT OWL OXEN PEPPER PIANO PIXEL PLUM POCKET PUZZLE QUAIL QUARTZ QUEEN QUICK QUIET QUILT ' +
  'RADIO RAIN RIVER ROBIN ROCK RUBY SALT SEVEN SHADOW SIX SKY SOUP SQUID STAMP STORM SUGAR SWIM TABLE TANGO TAXI TEA ' +
  'TIGER TOAST TRAIN TULIP TWELVE UMBRA UNCLE UNIT URBAN VALLEY VAN VELVET VINYL VIOLET VOLT VOX WAGON WALTZ WATER ' +
  'WAVE WAX WHALE WINDOW WIZARD WOLF WOOD YARD YARN YELLOW YOGURT YOLK YOUNG ZEBRA ZERO ZIGZAG ZINC ZONE ZOO'
).split(' ')

const shortWords = 'A AN AND AS AT BE BY FOR FROM HE HER HIS IF IN IS IT ITS MY NO OF OR OUR SHE SO UP US WAS WE'.split(
  ' ',
)

const tasks = [
  ['WATER', 'PLANTS'],
  ['BUY', 'BREAD'],
  ['CALL', 'AUNT', 'ZOE'],
  ['FIX', 'BIKE'],
  ['PAY', 'RENT'],
  ['WASH', 'JUMPERS'],
  ['POST', 'PARCEL'],
  ['FEED', 'QUAIL'],
  ['SWEEP', 'YARD'],
  ['MEND', 'KITE'],
  ['BOOK', 'TAXI'],
  ['PICK', 'PLUMS'],
  ['TUNE', 'PIANO'],
  ['WIND', 'CLOCK'],
]

const poems = [
  ['FROST ON THE WINDOW', 'A SPARROW PUFFS UP ITS COAT', 'AND WAITS FOR THE SUN'],
  ['LOW TIDE AT EVENING', 'THE CRAB SIGNS ITS CROOKED NAME', 'WAVES READ IT SLOWLY'],
  ['AN EMPTY TEACUP', 'HOLDS THE WARMTH OF JUNE A WHILE', 'THEN ONLY ITS SHAPE'],
  ['QUIET LIBRARY', 'EVERY BOOK A FOLDED BIRD', 'DREAMING OF WIDE WINDS'],
  ['MOTH AT THE PORCH LAMP', 'YOU AND I KEEP COMING BACK', 'TO THE SAME SMALL SUN'],
  ['THE JAZZ BAND PACKS UP', 'A LAST NOTE UNDER A CHAIR', 'HUMMING TO ITSELF'],
]

/** Lines of capitals, digits and, where asked for, punctuation; words are separated by one space. */
export function writeText(request: TextRequest, random: Random): string[] {
  const { kind, lines, columns } = request
  if (kind === 'poem') {
    const poem = poems[random.integer(poems.length)]!
    if (poem.every((line) => line.length <= columns) && poem.length <= lines) return [...poem]
  }
  if (kind === 'list') {
    const start = 1 + random.integer(3)
    const order = random.permutation(tasks.length)
    return Array.from({ length: Math.min(lines, tasks.length) }, (_, i) =>
      fill([`${start + i}.`, ...tasks[order[i]!]!], columns),
    )
  }
  return Array.from({ length: lines }, () => fill(lineTokens(request, random), columns))
}

/** As many tokens as fit into the columns; the first is cut to fit. */
function fill(tokens: readonly string[], columns: number): string {
  let line = tokens[0]!.slice(0, Math.max(1, columns))
  for (const token of tokens.slice(1)) {
    if (line.length + 1 + token.length > columns) break
    line += ` ${token}`
  }
  return line
}

/** More tokens than a line usually holds; now and then few, so that lines end at different places. */
function lineTokens({ kind, columns, punctuation }: TextRequest, random: Random): string[] {
  const count = random.uniform() < 0.25 ? 1 + random.integer(3) : 1 + Math.ceil(columns / 3)
  return Array.from({ length: count }, (_, i) => {
    if (kind === 'numbers') return digits(random)
    if (kind === 'characters') return characters[random.integer(characters.length)]!
    const token =
      random.uniform() < 0.25
        ? pick(shortWords, random)
        : random.uniform() < 0.08
          ? digits(random)
          : pick(words, random)
    return punctuation ? punctuate(token, i === count - 1, random) : token
  })
}

const characters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789']

function pick(list: readonly string[], random: Random): string {
  return list[random.integer(list.length)]!
}

function digits(random: Random): string {
  return Array.from({ length: 1 + random.integer(6) }, () => random.integer(10)).join('')
}

function punctuate(token: string, last: boolean, random: Random): string {
  if (last) return `${token}.`
  const draw = random.uniform()
  if (draw < 0.12) return `${token},`
  if (draw < 0.2) return `${token}'S`
  if (draw < 0.26) return `${token}.`
  return token
}
