// How files say which layout their weights have.

/** The key of the metadata that says which layout was written. */
export const layoutKey = 'ocellus layout'
