// Plain data as text that is equal only for equal data.

/** `value` as JSON, in which NaN, infinities and -0 stand as text. `replace` changes what is written, as JSON.stringify's replacer does. */
export function exactJson(value: unknown, replace: (value: unknown) => unknown = (each) => each): string {
  return JSON.stringify(value, (_, each: unknown) => exact(replace(each)))
}

function exact(value: unknown): unknown {
  if (typeof value !== 'number') return value
  if (Object.is(value, -0)) return '-0'
  return Number.isFinite(value) ? value : `${value}`
}
