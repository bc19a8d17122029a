/** The most bytes of one text list inside an event, so that no entry passes the ledger's 8 KB. */
const LIST_BYTES = 2400

/** Bytes of a value as JSON, in UTF-8. */
export const getJsonBytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value))

const cut = (value: string, length: number): string => {
  const kept = value.slice(0, length)
  return kept.isWellFormed() ? kept : kept.slice(0, -1)
}

/**
 * `value` cut to `maxChars` UTF-16 units and `maxBytes` of JSON, ending in an ellipsis where it was cut.
 * Never empty and never half a surrogate pair.
 */
export const clipText = (value: string, maxChars: number, maxBytes = maxChars * 2): string => {
  if (value === '') return '…'
  if (value.length <= maxChars && getJsonBytes(value) <= maxBytes) return value
  let length = Math.min(value.length, maxChars - 1)
  while (length > 0 && getJsonBytes(cut(value, length)) > maxBytes - 3) length = Math.floor(length * 0.8)
  return `${cut(value, length)}…`
}

/** The first `count` texts, each cut to `maxChars`, that together fit `maxBytes` of JSON. */
export const clipList = (
  values: readonly string[],
  limits: { readonly count: number; readonly maxChars: number; readonly maxBytes?: number },
): string[] => {
  const kept: string[] = []
  let left = limits.maxBytes ?? LIST_BYTES
  for (const value of values.slice(0, limits.count)) {
    const clipped = clipText(value, limits.maxChars)
    left -= getJsonBytes(clipped)
    if (left < 0) break
    kept.push(clipped)
  }
  return kept
}
