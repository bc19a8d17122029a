/** Deeper documents only serve to exhaust those who walk them. */
export const MAX_DEPTH = 64

/** Bounds the memory of what is parsed: an empty array is one byte to send and fifty to keep. */
const MAX_VALUES = 250_000

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPENERS = new Set([0x5b, 0x7b])
const CLOSERS = new Set([0x5d, 0x7d])
const COMMA = 0x2c

/**
 * What is wrong with the shape of a JSON text in UTF-8, by its raw bytes, before anything is built from them:
 * nested too deep or too many values. Undefined where nothing is; whether it is JSON at all is not looked at.
 */
export const findShapeFault = (bytes: Uint8Array): string | undefined => {
  let depth = 0
  let values = 0
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index] ?? 0
    if (byte === QUOTE) {
      index += 1
      while (index < bytes.length && bytes[index] !== QUOTE) index += bytes[index] === BACKSLASH ? 2 : 1
    } else if (OPENERS.has(byte)) {
      depth += 1
      values += 1
      if (depth > MAX_DEPTH) return `is nested deeper than ${MAX_DEPTH} levels`
    } else if (CLOSERS.has(byte)) depth -= 1
    else if (byte === COMMA) values += 1
    if (values > MAX_VALUES) return `has more than ${MAX_VALUES} values`
  }
  return undefined
}
