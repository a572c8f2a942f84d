// Lets `console.log` in Node show a report's text instead of its fields.

/** Makes objects of a class print as their `toString` says. */
export function printAsText(type: { readonly prototype: object }): void {
  Object.defineProperty(type.prototype, Symbol.for('nodejs.util.inspect.custom'), {
    value(this: object): string {
      return String(this)
    },
  })
}
