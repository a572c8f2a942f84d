// Typed events: listeners by name, called in the order in which they were added.

/** Calls with an event's contents. */
export type Listener<Contents> = (contents: Contents) => void

export class Events<Map extends object> {
  readonly #listeners: { [Name in keyof Map]?: Set<Listener<Map[Name]>> } = {}

  /** Adds a listener; the function that comes back takes it away again. */
  on<Name extends keyof Map>(name: Name, listener: Listener<Map[Name]>): () => void {
    const listeners = this.#listeners[name] ?? new Set<Listener<Map[Name]>>()
    this.#listeners[name] = listeners
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
    }
  }

  emit<Name extends keyof Map>(name: Name, contents: Map[Name]): void {
    for (const listener of this.#listeners[name] ?? []) listener(contents)
  }
}
