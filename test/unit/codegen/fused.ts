// a * b + c rounded once, in plain numbers: the truth for fused multiply-add.

const view = new DataView(new ArrayBuffer(8))

/**
 * f32: the product is exact in f64; the sum is rounded to odd (Boldo and Melquiond 2008), so that the final rounding to f32 sees on
 * which side of a tie it lies.
 */
export function fusedMultiplyAdd32(a: number, b: number, c: number): number {
  const product = a * b
  const sum = product + c
  if (!Number.isFinite(sum)) return Math.fround(sum)
  // Knuth's two-sum: product + c = sum + error, exactly.
  const part = sum - product
  const error = product - (sum - part) + (c - part)
  if (error === 0) return Math.fround(sum)
  view.setFloat64(0, sum)
  const bits = view.getBigInt64(0)
  if (bits & 1n) return Math.fround(sum)
  const away = error > 0 === sum > 0
  view.setBigInt64(0, bits + (away ? 1n : -1n))
  return Math.fround(view.getFloat64(0))
}

/** f64: exact in integers, then rounded to nearest even by the conversion from bigint. */
export function fusedMultiplyAdd64(a: number, b: number, c: number): number {
  const plain = a * b + c
  if (!Number.isFinite(a) || !Number.isFinite(b)) return plain
  if (!Number.isFinite(c)) return c
  const [x, y, z] = [split(a), split(b), split(c)]
  const productExponent = x.exponent + y.exponent
  const exponent = Math.min(productExponent, z.exponent)
  let sum = (x.mantissa * y.mantissa) << BigInt(productExponent - exponent)
  sum += z.mantissa << BigInt(z.exponent - exponent)
  // Of zeros IEEE's signs decide; terms that cancel give +0.
  if (sum === 0n) return x.mantissa * y.mantissa === 0n ? plain : 0
  return scale(sum, exponent)
}

/** value = mantissa * 2^exponent, exactly. */
function split(value: number): { mantissa: bigint; exponent: number } {
  view.setFloat64(0, value)
  const bits = view.getBigUint64(0)
  const field = Number((bits >> 52n) & 0x7ffn)
  const fraction = bits & 0xfffffffffffffn
  const magnitude = field === 0 ? fraction : fraction | 0x10000000000000n
  return { mantissa: bits >> 63n ? -magnitude : magnitude, exponent: Math.max(field, 1) - 1075 }
}

/** mantissa * 2^exponent, rounded once to nearest even. */
function scale(mantissa: bigint, exponent: number): number {
  const magnitude = mantissa < 0n ? -mantissa : mantissa
  const length = magnitude.toString(2).length
  // The result's last place: 53 bits, fewer among the subnormal numbers.
  const place = Math.max(length - 53 + exponent, -1074)
  const cut = BigInt(Math.max(0, place - exponent))
  let kept = magnitude >> cut
  const twiceRest = (magnitude - (kept << cut)) * 2n
  const unit = 1n << cut
  if (twiceRest > unit || (twiceRest === unit && kept & 1n)) kept += 1n
  const result = Number(kept) * 2 ** (exponent + Number(cut))
  return mantissa < 0n ? -result : result
}
